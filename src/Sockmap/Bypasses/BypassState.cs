namespace Sockmap.Bypasses;

/// <summary>What the kernel holds of a bypass, as read back from its folder on bpffs.</summary>
public enum BypassState
{
    /// <summary>Sockets are taken in and messages are redirected.</summary>
    Active,

    /// <summary>The slot is empty: sockets are taken in, every message goes over TCP.</summary>
    Paused,

    /// <summary>A removal has begun and not ended: nothing is taken in or redirected, unread bytes are waited for.</summary>
    Draining,

    /// <summary>Not whole: an install did not end, its cgroup is gone, or somebody detached or unpinned a part. Install again, or remove.</summary>
    Incomplete,

    /// <summary>Its pins were made by another version of SockmapPS and are not understood. Remove it with that version.</summary>
    Foreign,
}
