namespace Sockmap.Support;

/// <summary>What depends on something that a kernel or a machine may lack.</summary>
public enum SupportNeed
{
    /// <summary>Without it no bypass can be installed.</summary>
    Required,

    /// <summary>Without it a bypass works with less; the check says with what.</summary>
    Optional,

    /// <summary>How sockets in a sockmap behave on this kernel; the check says what to keep out.</summary>
    Behavior,
}
