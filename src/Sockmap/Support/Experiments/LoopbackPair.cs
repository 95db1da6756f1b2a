using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>The two ends of one TCP connection over 127.0.0.1, both in this process and in no bypass.</summary>
internal sealed class LoopbackPair : IDisposable
{
    private const int CookieLength = sizeof(ulong);

    private LoopbackPair(Socket sender, Socket receiver)
    {
        Sender = sender;
        Receiver = receiver;
    }

    /// <summary>The end that connected; experiments send from it.</summary>
    public Socket Sender { get; }

    /// <summary>The end that was accepted; experiments read from it.</summary>
    public Socket Receiver { get; }

    /// <summary>Makes a connection. Small messages are sent at once (TCP_NODELAY).</summary>
    /// <exception cref="SocketException">There is no 127.0.0.1 here, or no socket can be made.</exception>
    /// <exception cref="BpfException">An installed bypass took the connection in and does not let it go.</exception>
    public static LoopbackPair Connect() => Connect(IPAddress.Loopback);

    /// <summary>The same over another loopback address.</summary>
    public static LoopbackPair Connect(IPAddress loopback)
    {
        using Socket listener = new(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(loopback, 0));
        listener.Listen(1);
        Socket? sender = new(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        Socket? receiver = null;
        try
        {
            sender.Connect(listener.LocalEndPoint!);
            receiver = Accept(listener, sender);
            LoopbackPair pair = new(sender, receiver);
            pair.LeaveInstalledBypasses();
            sender.NoDelay = true;
            receiver.NoDelay = true;
            sender = null;
            receiver = null;
            return pair;
        }
        finally
        {
            sender?.Dispose();
            receiver?.Dispose();
        }
    }

    /// <summary>The key that a socket of this pair has in a SOCKHASH.</summary>
    public static EntryKey KeyOf(Socket socket, ulong scope) =>
        EntryState.CreateKey((IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)socket.RemoteEndPoint!, scope);

    /// <summary>The cookie of a socket's network namespace (Linux 5.14).</summary>
    /// <exception cref="SocketException">The kernel does not know the option.</exception>
    public static ulong ScopeOf(Socket socket)
    {
        Span<byte> cookie = stackalloc byte[CookieLength];
        socket.GetRawSocketOption(SocketConstants.SOL_SOCKET, SocketConstants.SO_NETNS_COOKIE, cookie);
        return MemoryMarshal.Read<ulong>(cookie);
    }

    /// <summary>Sends all of it from <see cref="Sender"/> without waiting; gives what send(2) did.</summary>
    public int Send(ReadOnlySpan<byte> data, int flags = 0) =>
        SocketCalls.Send(Sender.SafeHandle, data, flags | SocketConstants.MSG_DONTWAIT | SocketConstants.MSG_NOSIGNAL);

    /// <summary>Reads what <see cref="Receiver"/> has, without waiting; gives what recv(2) did.</summary>
    public int Receive(Span<byte> buffer, int flags = 0) =>
        SocketCalls.Recv(Receiver.SafeHandle, buffer, flags | SocketConstants.MSG_DONTWAIT);

    /// <summary>Waits until <see cref="Receiver"/> can be read.</summary>
    /// <returns>False when that was not so in time.</returns>
    public bool WaitReadable() => Receiver.Poll(Patience.Limit, SelectMode.SelectRead);

    /// <inheritdoc/>
    public void Dispose()
    {
        Sender.Dispose();
        Receiver.Dispose();
    }

    // The port is open to others on this machine for a moment.
    private static Socket Accept(Socket listener, Socket connected)
    {
        while (true)
        {
            Socket accepted = listener.Accept();
            if (accepted.RemoteEndPoint!.Equals(connected.LocalEndPoint))
            {
                return accepted;
            }

            accepted.Dispose();
        }
    }

    /// <summary>
    /// A bypass on this process's cgroup has taken the connection in just now. Nothing was sent yet, so that taking the
    /// two entries out again loses nothing.
    /// </summary>
    private void LeaveInstalledBypasses()
    {
        if (BypassStore.Find(bpfFileSystem: null) is not { } store)
        {
            return;
        }

        ulong scope = ScopeOf(Sender);
        foreach (string name in store.ListNames())
        {
            using BpfMap? sockHash = BypassFolder.TryOpenMap(store.FolderOf(name).SockHash);
            if (sockHash is null || sockHash.KeySize != Marshal.SizeOf<EntryKey>())
            {
                continue;
            }

            foreach (Socket socket in (ReadOnlySpan<Socket>)[Sender, Receiver])
            {
                sockHash.TryDelete(KeyOf(socket, scope));
            }
        }
    }
}
