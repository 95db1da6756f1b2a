namespace Sockmap.Statistics;

/// <summary>What counters are summed over.</summary>
public enum StatisticsGrouping
{
    /// <summary>All of a bypass.</summary>
    Bypass,

    /// <summary>The sockets of a cgroup.</summary>
    Cgroup,

    /// <summary>The sockets that serve a port or are clients of it.</summary>
    Port,

    /// <summary>The sockets of a cgroup that serve a port or are clients of it.</summary>
    CgroupAndPort,
}
