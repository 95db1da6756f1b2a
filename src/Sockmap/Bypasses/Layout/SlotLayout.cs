namespace Sockmap.Bypasses.Layout;

/// <summary>What is where in the program array of a bypass, as bpf/policy.h numbers it.</summary>
internal static class SlotLayout
{
    /// <summary>The one that the root program calls.</summary>
    public const uint First = 0;

    /// <summary>SLOT_GATES: the first of the gates that judge a message before the verdict.</summary>
    public const uint Gates = 1;

    /// <summary>MOST_POLICIES: how many gates there is room for.</summary>
    public const int MostGates = 8;

    /// <summary>SLOT_VERDICT.</summary>
    public const uint Verdict = Gates + MostGates;

    /// <summary>SLOT_LEAVE.</summary>
    public const uint Leave = Verdict + 1;

    /// <summary>SLOTS.</summary>
    public const uint Count = Leave + 1;
}
