using Sockmap.Bypasses.Layout;

namespace Sockmap.Bypasses;

/// <summary>What was counted of one cgroup's sockets that serve, or are clients of, one port.</summary>
/// <param name="key">Cgroup and port; null for what belongs to none.</param>
/// <param name="sums">In the order of <see cref="BypassCounter"/>.</param>
internal sealed class CounterGroup(GroupKey? key, ulong[] sums)
{
    public GroupKey? Key { get; } = key;

    public ulong this[BypassCounter counter] => sums[(int)counter];
}
