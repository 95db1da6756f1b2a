using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses;

namespace Sockmap.Cgroups;

/// <summary>The cgroup v2 hierarchy of this machine, wherever it is mounted (unified and hybrid layouts).</summary>
public static class CgroupHierarchy
{
    private const string FileSystemType = "cgroup2";

    /// <summary>The mount point of cgroup v2, from /proc/self/mountinfo.</summary>
    /// <exception cref="BypassException">It is mounted nowhere (NoCgroupMount).</exception>
    public static string FindRoot() => TryFindRoot() ?? throw new BypassException(
        BypassError.NoCgroupMount,
        "No cgroup v2 hierarchy is mounted: mount one (mount -t cgroup2 none /sys/fs/cgroup/unified), or boot with systemd.unified_cgroup_hierarchy=1.");

    /// <summary>The mount point of cgroup v2; null where it is mounted nowhere.</summary>
    public static string? TryFindRoot() => MountTable.Find(FileSystemType)
        .OrderByDescending(mount => string.Equals(mount.Root, "/", StringComparison.Ordinal))
        .Select(mount => mount.MountPoint)
        .FirstOrDefault();

    /// <summary>The path that listings give a cgroup, whichever mount or link the one given goes through.</summary>
    /// <exception cref="BypassException">There is no such folder (CgroupNotFound), or it is no cgroup (NotACgroup).</exception>
    public static string Resolve(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using CgroupDirectory cgroup = Open(path);
        return FindPath(cgroup.Id) ?? cgroup.Path;
    }

    /// <summary>The folder of the cgroup with this id; null where it is gone or out of sight.</summary>
    public static string? FindPath(ulong id) => TryFindRoot() is { } root ? CgroupDirectory.FindPath(id, root) : null;

    /// <summary>Whether a cgroup is another one or below it; false where its path is not known.</summary>
    public static bool IsWithin(string? path, string cgroup)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        string folder = cgroup.Length > 1 ? cgroup.TrimEnd('/') : cgroup;
        return path is not null
            && path.StartsWith(folder, StringComparison.Ordinal)
            && (path.Length == folder.Length || folder.EndsWith('/') || path[folder.Length] == '/');
    }

    /// <exception cref="BypassException">There is no such folder (CgroupNotFound), or it is no cgroup (NotACgroup).</exception>
    internal static CgroupDirectory Open(string path)
    {
        try
        {
            return CgroupDirectory.Open(path);
        }
        catch (BpfException e) when (e.Errno is Errno.ENOENT)
        {
            throw new BypassException(BypassError.CgroupNotFound, $"There is no cgroup '{path}': make it (mkdir), or name one that is there.", e);
        }
        catch (BpfException e) when (e.Errno is Errno.ENOTDIR or Errno.EBADF)
        {
            throw new BypassException(BypassError.NotACgroup, $"'{path}' is no folder of a cgroup v2 hierarchy: name one below {FindRoot()}.", e);
        }
    }

    /// <summary>
    /// Folders of cgroups whose path begins with <paramref name="prefix"/>, the level that the prefix is at and no
    /// deeper; where the prefix is empty, the root and its children. For completion: folders that cannot be read are
    /// left out.
    /// </summary>
    public static IEnumerable<string> Complete(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (TryFindRoot() is not { } root)
        {
            yield break;
        }

        if (root.StartsWith(prefix, StringComparison.Ordinal))
        {
            yield return root;
        }

        string parent = prefix.Length > root.Length ? Path.GetDirectoryName(prefix) ?? root : root;
        if (!parent.StartsWith(root, StringComparison.Ordinal) || !Directory.Exists(parent))
        {
            yield break;
        }

        EnumerationOptions readable = new() { IgnoreInaccessible = true };
        foreach (string folder in Directory.EnumerateDirectories(parent, "*", readable).Order(StringComparer.Ordinal))
        {
            if (folder.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return folder;
            }
        }
    }
}
