using Sockmap.Bypasses.Layout;

namespace Sockmap.Policies.Layout;

/// <summary>Numbers of bpf/policy.h.</summary>
internal static class PolicyLayout
{
    /// <summary>POLICY_LAYOUT: what this version reads and writes.</summary>
    public const uint Current = 1;

    public const int MostRules = 1024;

    /// <summary>MOST_POLICIES: each has a gate in every bypass.</summary>
    public const int MostPolicies = SlotLayout.MostGates;

    /// <summary>COUNTER_DEFAULT: what no rule matched, by direction.</summary>
    public const uint DefaultCounter = MostRules;

    /// <summary>FIRST_GENERATION.</summary>
    public const ulong FirstGeneration = 2;

    /// <summary>COUNTER_DROPPED: what was refused, by direction.</summary>
    public const uint DroppedCounter = DefaultCounter + 2;
}
