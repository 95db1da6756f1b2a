namespace Sockmap.Support;

/// <summary>What a check found.</summary>
public enum SupportState
{
    /// <summary>It is there, or it behaves as TCP does.</summary>
    Supported,

    /// <summary>It is not, or it behaves otherwise.</summary>
    Unsupported,

    /// <summary>It could not be found out; the check says why.</summary>
    Unknown,
}
