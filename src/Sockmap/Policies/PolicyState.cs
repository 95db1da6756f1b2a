namespace Sockmap.Policies;

/// <summary>What the kernel holds of a policy, as read back from its folder on bpffs.</summary>
public enum PolicyState
{
    /// <summary>Messages are judged.</summary>
    Active,

    /// <summary>It is turned off: every message passes.</summary>
    Disabled,

    /// <summary>Not whole: making it did not end, its cgroup is gone, or a part was detached or unpinned. Remove it.</summary>
    Incomplete,

    /// <summary>Its pins were made by another version of SockmapPS and are not understood.</summary>
    Foreign,
}
