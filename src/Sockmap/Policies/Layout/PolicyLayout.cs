namespace Sockmap.Policies.Layout;

/// <summary>Numbers of bpf/policy.h.</summary>
internal static class PolicyLayout
{
    /// <summary>POLICY_LAYOUT: what this version reads and writes.</summary>
    public const uint Current = 1;

    public const int MostRules = 1024;
    public const int MostPolicies = 8;

    /// <summary>Slot of a bypass's program array that the root program calls.</summary>
    public const uint FirstSlot = 0;

    /// <summary>SLOT_GATES: where the gate of policy number 0 is.</summary>
    public const uint GateSlots = 1;

    public const uint VerdictSlot = GateSlots + MostPolicies;
    public const uint LeaveSlot = VerdictSlot + 1;
    public const uint Slots = LeaveSlot + 1;

    /// <summary>COUNTER_DEFAULT: what no rule matched, by direction.</summary>
    public const uint DefaultCounter = MostRules;

    /// <summary>FIRST_GENERATION.</summary>
    public const ulong FirstGeneration = 2;

    /// <summary>COUNTER_DROPPED: what was refused, by direction.</summary>
    public const uint DroppedCounter = DefaultCounter + 2;
}
