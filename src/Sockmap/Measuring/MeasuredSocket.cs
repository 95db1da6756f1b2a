using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Interop;
using Sockmap.Workers;

namespace Sockmap.Measuring;

/// <summary>
/// Blocking stream sockets by number: each call here is one system call where all goes well, and allocates nothing.
/// </summary>
internal static class MeasuredSocket
{
    // Of struct tcp_info, include/uapi/linux/tcp.h.
    private const int BytesSentOffset = 200;
    private const int BytesRetransmittedOffset = 208;
    private const int InfoLength = 256;

    private static ReadOnlySpan<byte> On => [1, 0, 0, 0];

    // struct linger { int l_onoff; int l_linger; }
    private static ReadOnlySpan<byte> Reset => [1, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Makes one of the family of an address.</summary>
    public static int Create(ReadOnlySpan<byte> address) =>
        Check(SocketCalls.Socket(MemoryMarshal.Read<ushort>(address), SocketConstants.SOCK_STREAM, 0), "socket");

    /// <summary>Connects.</summary>
    public static void Connect(int socket, ReadOnlySpan<byte> address) => Check(SocketCalls.Connect(socket, address), "connect");

    /// <summary>Has every message sent at once; UNIX sockets always do.</summary>
    public static void SetNoDelay(int socket, bool isTcp)
    {
        if (isTcp)
        {
            Check(SocketCalls.SetSocketOption(socket, SocketConstants.IPPROTO_TCP, SocketConstants.TCP_NODELAY, On), "setsockopt(TCP_NODELAY)");
        }
    }

    /// <summary>Has it end with a reset, which leaves nothing in TIME_WAIT: ports would run out else.</summary>
    public static void SetReset(int socket) =>
        Check(SocketCalls.SetSocketOption(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_LINGER, Reset), "setsockopt(SO_LINGER)");

    /// <summary>Sends all.</summary>
    /// <exception cref="WorkerException">A send failed.</exception>
    public static void SendAll(int socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = SocketCalls.Send(socket, bytes, SocketConstants.MSG_NOSIGNAL);
            if (sent >= 0)
            {
                bytes = bytes[sent..];
            }
            else if (sent != -Errno.EAGAIN)
            {
                throw Failure("send", sent);
            }
        }
    }

    /// <summary>Receives what is there, and waits until something is; 0 at the end of the stream.</summary>
    /// <exception cref="WorkerException">A receive failed.</exception>
    public static int Receive(int socket, Span<byte> buffer)
    {
        while (true)
        {
            int received = SocketCalls.Recv(socket, buffer, 0);
            if (received >= 0)
            {
                return received;
            }

            // In a sockmap a blocking recv() may wake with nothing read (tcp_bpf_recvmsg).
            if (received != -Errno.EAGAIN)
            {
                throw Failure("recv", received);
            }
        }
    }

    /// <summary>Receives that many bytes, of which the buffer keeps the last. False where the stream ends before the first.</summary>
    /// <exception cref="WorkerException">A receive failed, or the stream ended in between.</exception>
    public static bool ReceiveAll(int socket, Span<byte> buffer, int count)
    {
        for (int left = count; left > 0;)
        {
            int received = Receive(socket, buffer[..Math.Min(left, buffer.Length)]);
            if (received == 0)
            {
                return left == count ? false : throw Ended();
            }

            left -= received;
        }

        return true;
    }

    /// <summary>Bytes that TCP has sent, by its own count, those of retransmissions not.</summary>
    public static long BytesSentOverTcp(int socket)
    {
        Span<byte> info = stackalloc byte[InfoLength];
        int length = Check(SocketCalls.GetSocketOption(socket, SocketConstants.IPPROTO_TCP, SocketConstants.TCP_INFO, info), "getsockopt(TCP_INFO)");
        return length >= BytesRetransmittedOffset + sizeof(long)
            ? MemoryMarshal.Read<long>(info[BytesSentOffset..]) - MemoryMarshal.Read<long>(info[BytesRetransmittedOffset..])
            : throw new WorkerException($"TCP_INFO has {length} bytes on this kernel, and no counter of bytes sent (Linux 4.19).");
    }

    /// <summary>The result of a call, where it did not fail.</summary>
    /// <exception cref="WorkerException">It failed.</exception>
    public static int Check(int result, string call) => result >= 0 ? result : throw Failure(call, result);

    /// <summary>The other end went away in the middle.</summary>
    public static WorkerException Ended() => new("The other end closed the connection in the middle.");

    private static WorkerException Failure(string call, int result) => new($"{call} failed: {Errno.Describe(-result)}.");
}
