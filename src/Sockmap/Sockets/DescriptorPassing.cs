using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Interop;

namespace Sockmap.Sockets;

/// <summary>
/// Passes a descriptor to another process over a connected UNIX socket (SCM_RIGHTS, unix(7)). It goes with one byte of data,
/// which the receiver takes.
/// </summary>
/// <example>
/// In PowerShell, a process that gives its connection away and one that takes it:
/// <code>
/// $unix = [Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
/// $unix.Connect([Net.Sockets.UnixDomainSocketEndPoint]::new('/run/hand-over.sock'))
/// [Sockmap.Sockets.DescriptorPassing]::Send($unix, $client.Client)     # $client: a TcpClient
/// $socket = [Sockmap.Sockets.DescriptorPassing]::Receive($unix)        # in the other process
/// </code>
/// </example>
public static class DescriptorPassing
{
    private const byte Companion = (byte)'d';

    // CMSG_SPACE of one descriptor on 64-bit machines; rounding up leaves room for a second one.
    private const int ControlSize = 24;
    private const int ControlHeader = 16;

    private static readonly TimeSpan WaitStep = TimeSpan.FromMilliseconds(50);

    /// <summary>Sends a socket, which stays open here too.</summary>
    /// <exception cref="SocketAccessException">The kernel refused: ETOOMANYREFS (too many under way), EPIPE (the other end is gone).</exception>
    public static void Send(Socket unixSocket, Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Send(unixSocket, socket.SafeHandle);
    }

    /// <inheritdoc cref="Send(Socket, Socket)"/>
    /// <param name="unixSocket">A connected UNIX socket. Where it blocks, the call waits for room, as long as its SendTimeout.</param>
    /// <param name="descriptor">What to send; it stays open here too.</param>
    public static unsafe void Send(Socket unixSocket, SafeHandle descriptor)
    {
        Check(unixSocket);
        ArgumentNullException.ThrowIfNull(descriptor);
        bool added = false;
        try
        {
            descriptor.DangerousAddRef(ref added);
            byte data = Companion;
            ulong* control = stackalloc ulong[ControlSize / sizeof(ulong)];
            iovec vector = new() { iov_base = &data, iov_len = 1 };
            cmsghdr* header = (cmsghdr*)control;
            header->cmsg_len = ControlHeader + sizeof(int);
            header->cmsg_level = SocketConstants.SOL_SOCKET;
            header->cmsg_type = SocketConstants.SCM_RIGHTS;
            *(int*)((byte*)control + ControlHeader) = (int)descriptor.DangerousGetHandle();
            Stopwatch waited = Stopwatch.StartNew();
            int result;
            do
            {
                msghdr message = new() { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = ControlSize };
                result = SocketCalls.SendMessage(unixSocket.SafeHandle, &message, SocketConstants.MSG_NOSIGNAL);
            }
            while (result == -Errno.EAGAIN && Wait(unixSocket, SelectMode.SelectWrite, unixSocket.SendTimeout, waited));

            ThrowIfFailed(result, "sendmsg SCM_RIGHTS", "The descriptor could not be sent");
        }
        finally
        {
            if (added)
            {
                descriptor.DangerousRelease();
            }
        }
    }

    /// <summary>Receives a socket.</summary>
    /// <param name="unixSocket">A connected UNIX socket. Where it blocks, the call waits, as long as its ReceiveTimeout.</param>
    /// <returns>
    /// The socket, of whatever family. Close it with Dispose: a finalizer's close resets the connection for all who share it.
    /// Asynchronous calls make it non-blocking, for the others too.
    /// </returns>
    /// <exception cref="SocketAccessException">
    /// NoDescriptor: the other end closed, or sent none or several; NotASocket: it sent something else; TimedOut; KernelRefused.
    /// </exception>
    public static Socket Receive(Socket unixSocket)
    {
        using SafeSocketDescriptor descriptor = ReceiveDescriptor(unixSocket);

        SocketQuery.GetSocketType(descriptor);
        SafeSocketHandle handle = new(descriptor.DangerousGetHandle(), ownsHandle: true);
        try
        {
            Socket socket = new(handle);
            descriptor.SetHandleAsInvalid();
            return socket;
        }
        catch
        {
            handle.SetHandleAsInvalid();
            throw;
        }
    }

    /// <summary>As <see cref="Receive(Socket)"/>, and the waiting can be cancelled, with at most a twentieth of a second between.</summary>
    /// <param name="unixSocket">A connected UNIX socket.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was received.</exception>
    public static Socket Receive(Socket unixSocket, CancellationToken cancellationToken)
    {
        Check(unixSocket);

        // An empty read would tell it too, and throw the descriptors away (unix_stream_read_generic in net/unix/af_unix.c).
        while (!unixSocket.Poll(WaitStep, SelectMode.SelectRead))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return Receive(unixSocket);
    }

    /// <summary>As <see cref="Send(Socket, SafeHandle)"/>, and the waiting for room can be cancelled.</summary>
    /// <param name="unixSocket">A connected UNIX socket that nobody else sends on.</param>
    /// <param name="descriptor">What to send; it stays open here too.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was sent.</exception>
    public static void Send(Socket unixSocket, SafeHandle descriptor, CancellationToken cancellationToken)
    {
        Check(unixSocket);
        while (!unixSocket.Poll(WaitStep, SelectMode.SelectWrite))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        Send(unixSocket, descriptor);
    }

    /// <summary>Connects to a UNIX socket that a process listens on, such as a <see cref="DescriptorListener"/>.</summary>
    /// <exception cref="SocketAccessException">NobodyListens, PermissionDenied, InvalidPath, or KernelRefused.</exception>
    public static Socket Connect(string path)
    {
        EndPoint place = PlaceOf(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(place);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw e.SocketErrorCode switch
            {
                // ENOENT has no name in SocketError.
                SocketError.ConnectionRefused => new SocketAccessException(SocketAccessError.NobodyListens, $"Nobody listens at '{path}' any more: let the other process listen first (Receive-SockmapSocket).", e),
                SocketError.AccessDenied => new SocketAccessException(SocketAccessError.PermissionDenied, $"This process may not write to the UNIX socket '{path}'.", e),
                SocketError.ProtocolType => new SocketAccessException(SocketAccessError.InvalidPath, $"'{path}' is a UNIX socket of another type: one of type stream is needed.", e),
                _ when !File.Exists(path) => new SocketAccessException(SocketAccessError.NobodyListens, $"There is no UNIX socket '{path}': let the other process listen first (Receive-SockmapSocket).", e),
                _ => new SocketAccessException(SocketAccessError.KernelRefused, $"'{path}' could not be connected to: {e.Message}.", e),
            };
        }
    }

    /// <exception cref="SocketAccessException">The path cannot be one.</exception>
    internal static EndPoint PlaceOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException e)
        {
            throw new SocketAccessException(SocketAccessError.InvalidPath, $"'{path}' cannot be the path of a UNIX socket: it may have 107 bytes (unix(7)).", e);
        }
    }

    /// <summary>Receives a descriptor as a handle that does nothing but close it.</summary>
    /// <param name="unixSocket">A connected UNIX socket. Where it blocks, the call waits, as long as its ReceiveTimeout.</param>
    /// <exception cref="SocketAccessException">NoDescriptor: the other end closed, or sent none or several; TimedOut; KernelRefused.</exception>
    public static unsafe SafeSocketDescriptor ReceiveDescriptor(Socket unixSocket)
    {
        Check(unixSocket);
        byte data;
        ulong* control = stackalloc ulong[ControlSize / sizeof(ulong)];
        iovec vector = new() { iov_base = &data, iov_len = 1 };
        msghdr message;
        Stopwatch waited = Stopwatch.StartNew();
        int result;
        do
        {
            message = new() { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = ControlSize };
            result = SocketCalls.ReceiveMessage(unixSocket.SafeHandle, &message, SocketConstants.MSG_CMSG_CLOEXEC);
        }
        while (result == -Errno.EAGAIN && Wait(unixSocket, SelectMode.SelectRead, unixSocket.ReceiveTimeout, waited));

        ThrowIfFailed(result, "recvmsg SCM_RIGHTS", "No descriptor could be received");
        ReadOnlySpan<int> descriptors = ReadDescriptors(new ReadOnlySpan<byte>(control, (int)message.msg_controllen));
        if (descriptors.Length == 1 && (message.msg_flags & SocketConstants.MSG_CTRUNC) == 0)
        {
            return new SafeSocketDescriptor(descriptors[0]);
        }

        foreach (int descriptor in descriptors)
        {
            _ = SocketCalls.Close(descriptor);
        }

        throw new SocketAccessException(SocketAccessError.NoDescriptor, Describe(result, descriptors.Length, message.msg_flags));
    }

    private static string Describe(int length, int descriptors, int flags) => (length, descriptors) switch
    {
        (0, 0) => "The other end of the UNIX socket closed it before it sent a descriptor.",
        (_, 0) when (flags & SocketConstants.MSG_CTRUNC) != 0 => "A descriptor came, but this process may open no more (ulimit -n), so that the kernel closed it.",
        (_, 0) => "The message that came over the UNIX socket had no descriptor with it (SCM_RIGHTS): let the other end send one with its first byte.",
        _ => "More than one descriptor came with the message; all are closed: let the other end send them one by one, each with a byte.",
    };

    private static ReadOnlySpan<int> ReadDescriptors(ReadOnlySpan<byte> control)
    {
        if (control.Length < ControlHeader)
        {
            return [];
        }

        cmsghdr header = MemoryMarshal.Read<cmsghdr>(control);
        return header is { cmsg_level: SocketConstants.SOL_SOCKET, cmsg_type: SocketConstants.SCM_RIGHTS }
            ? MemoryMarshal.Cast<byte, int>(control[ControlHeader..Math.Min((int)header.cmsg_len, control.Length)])
            : [];
    }

    private static void Check(Socket unixSocket)
    {
        ArgumentNullException.ThrowIfNull(unixSocket);
        if (unixSocket.AddressFamily != AddressFamily.Unix)
        {
            throw new ArgumentException($"Descriptors go over UNIX sockets only; this one is of {unixSocket.AddressFamily}.", nameof(unixSocket));
        }
    }

    /// <summary>Whether to try again. A socket that .NET says blocks may not in the kernel: asynchronous calls switch it.</summary>
    private static bool Wait(Socket socket, SelectMode mode, int timeout, Stopwatch waited)
    {
        if (!socket.Blocking)
        {
            return false;
        }

        if (timeout <= 0)
        {
            socket.Poll(Timeout.InfiniteTimeSpan, mode);
            return true;
        }

        TimeSpan left = TimeSpan.FromMilliseconds(timeout) - waited.Elapsed;
        return left > TimeSpan.Zero && socket.Poll(left, mode);
    }

    private static void ThrowIfFailed(int result, string call, string what)
    {
        if (result == -Errno.EAGAIN)
        {
            throw SocketAccessException.Of(SocketAccessError.TimedOut, $"{what}: the other end of the UNIX socket was not ready in time.", call, Errno.EAGAIN);
        }

        if (result < 0)
        {
            throw SocketAccessException.Of(SocketAccessError.KernelRefused, $"{what}: {Errno.Describe(-result)}.", call, -result);
        }
    }
}
