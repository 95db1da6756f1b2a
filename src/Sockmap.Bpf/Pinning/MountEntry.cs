namespace Sockmap.Bpf.Pinning;

/// <summary>One line of mountinfo (proc_pid_mountinfo(5)), its octal escapes decoded.</summary>
public sealed class MountEntry
{
    /// <summary>The mount's number, unique while it is mounted.</summary>
    public required int MountId { get; init; }

    /// <summary>The number of the mount that it is mounted on.</summary>
    public required int ParentId { get; init; }

    /// <summary>Major and minor device number: <c>0:21</c>. Equal for all mounts of one file system.</summary>
    public required string Device { get; init; }

    /// <summary>The directory of the file system that is mounted here; <c>/</c> for all of it.</summary>
    public required string Root { get; init; }

    /// <summary>Where it is mounted, as the process sees it.</summary>
    public required string MountPoint { get; init; }

    /// <summary>Options of the mount: <c>rw</c>, <c>relatime</c>.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>The kind of file system: <c>bpf</c>, <c>cgroup2</c>.</summary>
    public required string FileSystemType { get; init; }

    /// <summary>What is mounted: a device, or a word.</summary>
    public required string Source { get; init; }

    /// <summary>Options of the file system itself: <c>rw</c>, <c>mode=700</c>.</summary>
    public required IReadOnlyList<string> SuperOptions { get; init; }
}
