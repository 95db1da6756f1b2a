namespace Sockmap.Proxies;

/// <summary>Where a <see cref="ProxyManager"/> works, and whom it tells.</summary>
public sealed record ProxyManagerOptions
{
    /// <summary>Root of a mounted bpffs; null is the standard one, /sys/fs/bpf, which a start mounts where it is not.</summary>
    public string? BpfFileSystem { get; init; }

    /// <summary>Told each step, one sentence each (what -Verbose shows).</summary>
    public Action<string>? Log { get; init; }
}
