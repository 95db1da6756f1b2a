using System.Globalization;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bpf.Inspection;

/// <summary>The network namespaces that this process can see: its own, the named ones, and those of other processes.</summary>
internal static class NetworkNamespaces
{
    private const string Own = "/proc/thread-self/ns/net";

    /// <summary>Each namespace once: a path that opens it, and its inode number.</summary>
    internal static IEnumerable<(string Path, uint Inode)> Find()
    {
        HashSet<uint> seen = [];
        foreach ((string path, string? target) in Candidates())
        {
            if (ParseInode(target) is { } inode && seen.Add(inode))
            {
                yield return (path, inode);
            }
        }
    }

    private static IEnumerable<(string Path, string? Target)> Candidates()
    {
        yield return (Own, Link(Own));
        foreach (MountEntry mount in MountTable.Find("nsfs"))
        {
            yield return (mount.MountPoint, mount.Root);
        }

        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                string path = process + "/ns/net";
                yield return (path, Link(path));
            }
        }
    }

    private static string? Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or is somebody else's.
            return null;
        }
    }

    // "net:[4026531840]"
    private static uint? ParseInode(string? target) =>
        target is not null && target.StartsWith("net:[", StringComparison.Ordinal) && target.EndsWith(']')
            && uint.TryParse(target.AsSpan(5, target.Length - 6), NumberStyles.None, CultureInfo.InvariantCulture, out uint inode)
            ? inode
            : null;
}
