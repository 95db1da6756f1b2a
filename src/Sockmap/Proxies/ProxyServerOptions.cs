namespace Sockmap.Proxies;

/// <summary>Where a <see cref="ProxyServer"/> works, and whom it tells.</summary>
public sealed record ProxyServerOptions
{
    /// <summary>Root of a mounted bpffs; null is the standard one, /sys/fs/bpf, which is mounted where it is not.</summary>
    public string? BpfFileSystem { get; init; }

    /// <summary>
    /// Does without the kernel's help where it is refused: then it copies, and nobody can list it or stop it but by a signal.
    /// </summary>
    public bool AllowUnlisted { get; init; }

    /// <summary>Told what happens, one sentence each.</summary>
    public Action<string>? Log { get; init; }
}
