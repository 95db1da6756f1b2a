namespace Sockmap.Traffic.Options;

/// <summary>A fault that a sender makes on purpose, so that tests can show that the check fails when it must.</summary>
public enum SabotageKind
{
    None,
    Corrupt,
    Swap,
    Lose,
    Repeat,
    Truncate,
    Extend,
    Stall,
}
