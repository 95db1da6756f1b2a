namespace Sockmap.Bypasses;

/// <summary>Where a <see cref="BypassManager"/> works, and whom it tells.</summary>
public sealed record BypassManagerOptions
{
    /// <summary>
    /// Root of a mounted bpffs; null is the standard one, /sys/fs/bpf, which an install mounts where it is not.
    /// </summary>
    public string? BpfFileSystem { get; init; }

    /// <summary>Told each step that changes the kernel, one sentence each (what -Verbose shows).</summary>
    public Action<string>? Log { get; init; }

    /// <summary>How long to wait for another process that is installing or removing.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
