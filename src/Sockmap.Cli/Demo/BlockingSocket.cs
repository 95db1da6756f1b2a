using System.Net.Sockets;

namespace Sockmap.Cli.Demo;

/// <summary>Plain blocking send and receive: one system call each, nothing of .NET's event loop in what is measured.</summary>
internal static class BlockingSocket
{
    /// <summary>Makes a TCP socket for IPv4.</summary>
    public static Socket Create() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Receives what is there, and waits until something is; 0 at the end of the stream.</summary>
    public static int Receive(Socket socket, Span<byte> buffer)
    {
        while (true)
        {
            int received = socket.Receive(buffer, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
            {
                return received;
            }

            // A blocking recv() in a sockmap may wake with EAGAIN and nothing read (tcp_bpf_recvmsg); .NET takes that for
            // the end of a timeout, which these sockets do not have.
            if (error is not (SocketError.TimedOut or SocketError.WouldBlock))
            {
                throw new SocketException((int)error);
            }
        }
    }

    /// <summary>Receives until the buffer is full.</summary>
    /// <exception cref="DemoException">The stream ended before.</exception>
    public static void ReceiveAll(Socket socket, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int received = Receive(socket, buffer);
            if (received == 0)
            {
                throw new DemoException("The other end closed the connection in the middle of the stream.");
            }

            buffer = buffer[received..];
        }
    }

    /// <summary>Sends all.</summary>
    public static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes, SocketFlags.None)..];
        }
    }
}
