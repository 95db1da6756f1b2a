using System.Net;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Filters;
using Sockmap.Sockets;

namespace Sockmap.Cli.Tests.Output;

/// <summary>Values of the domain, filled in.</summary>
internal static class Samples
{
    public static BypassStatus Status => new()
    {
        Name = "web",
        State = BypassState.Active,
        Cgroup = "/sys/fs/cgroup/unified/web",
        CgroupId = 42,
        Family = AddressFamilies.Any,
        Port = ["6379", "8000-8100"],
        Variant = BypassVariant.Exact,
        Entries = 2,
        MaxEntries = 65536,
        InstalledAt = new DateTime(2026, 11, 21, 8, 0, 0, DateTimeKind.Utc),
        Path = "/sys/fs/bpf/sockmapps/web",
        BpfFileSystem = "/sys/fs/bpf",
        Attachment = ["sock_ops take_in (id 12) to cgroup /sys/fs/cgroup/unified/web by link 7"],
        BytesRedirected = 1536,
    };

    public static SockmapEntry Entry => new()
    {
        Bypass = "web",
        Family = AddressFamilies.IPv6,
        LocalAddress = IPAddress.IPv6Loopback,
        LocalPort = 6379,
        RemoteAddress = IPAddress.IPv6Loopback,
        RemotePort = 40000,
        State = SocketState.Established,
        Path = EntryPath.Redirected,
        RedirectedMessages = 3,
        RedirectedBytes = 192,
    };

    public static ConnectionCandidate Candidate => new()
    {
        Family = AddressFamilies.IPv6,
        LocalAddress = IPAddress.IPv6Loopback,
        LocalPort = 40000,
        RemoteAddress = IPAddress.IPv6Loopback,
        RemotePort = 6379,
        ProcessId = 10,
        ProcessName = "client",
        Descriptor = 3,
        ProcessIds = [10],
        ProcessNames = ["client"],
        Cookie = 1,
        Inode = 2,
        CgroupId = 42,
        UserId = 0,
        NetworkNamespace = 4026531833,
        NetworkNamespaceCookie = 1,
        IsInSockmap = false,
        HasUpperProtocol = false,
        RemoteProcessId = 11,
        RemoteProcessName = "server",
        RemoteDescriptor = 4,
        RemoteProcessIds = [11],
        RemoteProcessNames = ["server"],
        RemoteCookie = 3,
        RemoteInode = 4,
        RemoteCgroupId = 42,
        RemoteUserId = 0,
        RemoteNetworkNamespace = 4026531833,
        RemoteNetworkNamespaceCookie = 1,
        RemoteIsInSockmap = false,
    };
}
