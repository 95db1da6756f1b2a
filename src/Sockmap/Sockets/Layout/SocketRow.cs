using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Entries;

namespace Sockmap.Sockets.Layout;

/// <summary><c>struct socket_row</c> of bpf/sockets.bpf.c; the addresses' 16 bytes as two words of memory each.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct SocketRow
{
    public readonly ulong Cookie;
    public readonly ulong Inode;
    public readonly ulong CgroupId;
    public readonly ulong NetworkNamespaceCookie;
    private readonly ulong _localHigh;
    private readonly ulong _localLow;
    private readonly ulong _remoteHigh;
    private readonly ulong _remoteLow;
    public readonly uint NetworkNamespace;
    public readonly uint UserId;
    public readonly ushort LocalPort;
    public readonly ushort RemotePort;
    private readonly ushort _family;
    private readonly ushort _type;
    private readonly ushort _protocol;
    private readonly byte _state;
    private readonly SocketFlags _flags;
    public readonly uint QueuedBytes;

    /// <summary>AF_*, as the kernel numbers it.</summary>
    public int KernelFamily => _family;

    public SocketDescription Describe()
    {
        bool hasAddresses = _flags.HasFlag(SocketFlags.Addresses);
        return new SocketDescription
        {
            Cookie = Cookie,
            Inode = Inode,
            Family = Families.ToDotnet(_family),
            Type = (SocketType)_type,
            Protocol = (ProtocolType)_protocol,
            State = _protocol == (int)ProtocolType.Tcp ? (SocketState)_state : SocketState.Unknown,
            LocalAddress = hasAddresses ? ToAddress(_localHigh, _localLow) : null,
            LocalPort = LocalPort,
            RemoteAddress = hasAddresses ? ToAddress(_remoteHigh, _remoteLow) : null,
            RemotePort = RemotePort,
            UserId = UserId,
            CgroupId = CgroupId,
            NetworkNamespace = NetworkNamespace,
            NetworkNamespaceCookie = NetworkNamespaceCookie,
            IsInSockmap = _flags.HasFlag(SocketFlags.Psock),
            HasUpperProtocol = _flags.HasFlag(SocketFlags.UpperProtocol),
        };
    }

    private static IPAddress ToAddress(ulong high, ulong low)
    {
        ReadOnlySpan<ulong> words = [high, low];
        return Families.Plain(new IPAddress(MemoryMarshal.AsBytes(words)));
    }
}
