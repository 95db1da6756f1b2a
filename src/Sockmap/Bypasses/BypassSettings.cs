using System.Net;
using Sockmap.Filters;

namespace Sockmap.Bypasses;

/// <summary>What a bypass is to take in. Every value can be read back from the kernel.</summary>
public sealed record BypassSettings
{
    /// <summary>The name that a bypass has where none is given.</summary>
    public const string DefaultName = "default";

    /// <summary>How many sockets (two for a connection) a bypass holds where no number is given.</summary>
    public const int DefaultMaxEntries = 65536;

    /// <summary>1 to 64 letters, digits, '-' and '_', the first one no '-': the name of its folder on bpffs, which forbids dots.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>
    /// Folder of a cgroup v2: sockets that processes in it or below it make are taken in. Null is the root of the
    /// cgroup v2 mount.
    /// </summary>
    public string? Cgroup { get; init; }

    /// <summary>IPv4, IPv6, or both.</summary>
    public AddressFamilies Family { get; init; } = AddressFamilies.Any;

    /// <summary>Only connections to these ports (the port that was listened on); empty is every port.</summary>
    public IReadOnlyList<PortRange> Ports { get; init; } = [];

    /// <summary>No connections to these ports, whatever <see cref="Ports"/> says.</summary>
    public IReadOnlyList<PortRange> ExcludedPorts { get; init; } = [];

    /// <summary>Only connections with at least one of their two addresses in one of these; empty is every address.</summary>
    public IReadOnlyList<IPNetwork> Addresses { get; init; } = [];

    /// <summary>No connections with an address in one of these, whatever <see cref="Addresses"/> says.</summary>
    public IReadOnlyList<IPNetwork> ExcludedAddresses { get; init; } = [];

    /// <summary>How many sockets the SOCKHASH holds; a connection needs two. More stay on TCP and are counted.</summary>
    public int MaxEntries { get; init; } = DefaultMaxEntries;

    /// <summary>
    /// Also takes pairs whose ends are in different network namespaces of this host (veth, bridge), never by loopback
    /// addresses. Sockets that talk through a virtual device to another host are then in the map too, at a small cost.
    /// </summary>
    public bool CrossNamespace { get; init; }

    /// <summary>
    /// Sockets stay in the bypass also where TCP carries better what they send. Without it those leave by themselves: senders
    /// of streams of small messages that a trial found faster over TCP, as they are where sender and reader share a CPU; and
    /// those that have sent many messages for ten seconds while their other end never came in.
    /// </summary>
    public bool KeepSockets { get; init; }

    /// <summary>
    /// Also takes connections that the kernel's NAT (nftables' or iptables' redirect and dnat) leads to another socket of
    /// this host than the one that they were made to. A port or an address of the filters counts as the end that connected
    /// sees it, and as the accepted socket has it.
    /// </summary>
    public bool ThroughNat { get; init; }

    /// <summary>Bytes that may wait unread in a receiver before messages spill to TCP; 0 is 2 MiB.</summary>
    public uint QueueLimit { get; init; }

    /// <summary>The verdict program; null is the best that the kernel takes.</summary>
    public BypassVariant? Variant { get; init; }
}
