using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Interop;
using Sockmap.Sockets;
using Sockmap.Support.Experiments;

namespace Sockmap.Redirects;

/// <summary>Two connected sockets of a kind, both of this process and on this host: one to redirect from or to, and its peer.</summary>
internal sealed class TrialPair : IDisposable
{
    // include/uapi/linux/vm_sockets.h
    private const uint VMADDR_CID_ANY = uint.MaxValue;
    private const uint VMADDR_CID_LOCAL = 1;
    private const uint VMADDR_PORT_ANY = uint.MaxValue;
    private const int VsockAddressLength = 16;
    private const int VsockPortOffset = 4;
    private const int VsockCidOffset = 8;

    // A Socket that nobody refers to closes its handle.
    private readonly IDisposable[] _owners;

    private TrialPair(SafeHandle inner, SafeHandle outer, params IDisposable[] owners)
    {
        Inner = inner;
        Outer = outer;
        _owners = owners;
    }

    /// <summary>The socket that is redirected from or to.</summary>
    public SafeHandle Inner { get; }

    /// <summary>Its peer.</summary>
    public SafeHandle Outer { get; }

    /// <param name="kind">Their kind.</param>
    /// <param name="isIPv6">Whether TCP and UDP are over ::1, and not 127.0.0.1.</param>
    /// <exception cref="TrialException">There can be no such pair on this machine.</exception>
    public static TrialPair Create(RedirectSocketKind kind, bool isIPv6)
    {
        IPAddress loopback = isIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        try
        {
            return kind switch
            {
                RedirectSocketKind.Tcp => CreateTcp(loopback),
                RedirectSocketKind.Udp => CreateUdp(loopback),
                RedirectSocketKind.UnixStream => CreateUnix(SocketType.Stream),
                RedirectSocketKind.UnixDatagram => CreateUnix(SocketType.Dgram),
                RedirectSocketKind.UnixSequencedPacket => CreateUnix(SocketType.Seqpacket),
                RedirectSocketKind.VsockStream => CreateVsock(SocketType.Stream),
                RedirectSocketKind.VsockSequencedPacket => CreateVsock(SocketType.Seqpacket),
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no pair of such sockets."),
            };
        }
        catch (SocketException e)
        {
            throw new TrialException($"No {RedirectSocketKinds.Name(kind)} connection could be made on this machine: {e.Message}.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A handle that is disposed without its Socket resets the connection.
        foreach (IDisposable owner in _owners)
        {
            owner.Dispose();
        }

        Inner.Dispose();
        Outer.Dispose();
    }

    private static TrialPair CreateTcp(IPAddress loopback)
    {
        LoopbackPair pair = LoopbackPair.Connect(loopback);
        return new TrialPair(pair.Sender.SafeHandle, pair.Receiver.SafeHandle, pair);
    }

    private static TrialPair CreateUdp(IPAddress loopback)
    {
        Socket? one = null, other = null;
        try
        {
            one = new Socket(loopback.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            other = new Socket(loopback.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            one.Bind(new IPEndPoint(loopback, 0));
            other.Bind(new IPEndPoint(loopback, 0));
            one.Connect(other.LocalEndPoint!);
            other.Connect(one.LocalEndPoint!);
            TrialPair pair = new(one.SafeHandle, other.SafeHandle, one, other);
            one = other = null;
            return pair;
        }
        finally
        {
            one?.Dispose();
            other?.Dispose();
        }
    }

    private static TrialPair CreateUnix(SocketType type)
    {
        int result = SocketCalls.SocketPair(KernelType(type), out int one, out int other);
        return result >= 0
            ? new TrialPair(new SafeSocketDescriptor(one), new SafeSocketDescriptor(other))
            : throw Impossible("UNIX", "socketpair", -result);
    }

    /// <summary>Over the loopback transport (vsock_loopback), where the kernel has it.</summary>
    private static TrialPair CreateVsock(SocketType type)
    {
        using SafeSocketDescriptor listener = Make(type);
        Check(SocketCalls.Bind(listener, VsockAddress(VMADDR_CID_ANY, VMADDR_PORT_ANY)), "bind");
        Check(SocketCalls.Listen(listener, 1), "listen");
        byte[] address = new byte[VsockAddressLength];
        Check(SocketCalls.GetSocketName(listener, address), "getsockname");
        uint port = MemoryMarshal.Read<uint>(address.AsSpan(VsockPortOffset));
        SafeSocketDescriptor? connecting = Make(type), accepted = null;
        try
        {
            Check(SocketCalls.Connect((int)connecting.DangerousGetHandle(), VsockAddress(VMADDR_CID_LOCAL, port)), "connect to this host");
            accepted = new SafeSocketDescriptor(Check(SocketCalls.Accept(listener), "accept"));
            TrialPair pair = new(connecting, accepted);
            connecting = accepted = null;
            return pair;
        }
        finally
        {
            connecting?.Dispose();
            accepted?.Dispose();
        }

        static SafeSocketDescriptor Make(SocketType type) => new(Check(SocketCalls.Socket(SocketConstants.AF_VSOCK, KernelType(type), 0), "socket"));

        static int Check(int result, string call) => result >= 0 ? result : throw Impossible("VSOCK", call, -result);
    }

    private static byte[] VsockAddress(uint cid, uint port)
    {
        byte[] address = new byte[VsockAddressLength];
        MemoryMarshal.Write(address, (ushort)SocketConstants.AF_VSOCK);
        MemoryMarshal.Write(address.AsSpan(VsockPortOffset), port);
        MemoryMarshal.Write(address.AsSpan(VsockCidOffset), cid);
        return address;
    }

    private static int KernelType(SocketType type) => (int)type;

    private static TrialException Impossible(string family, string call, int errno) =>
        new($"No {family} connection can be made within this machine ({call}: {Errno.Describe(errno)}).", new BpfException(call, errno));
}
