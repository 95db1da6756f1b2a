using System.Globalization;
using Sockmap.Bpf.Attaching;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bpf.Inspection;

/// <summary>The network namespaces that this process can see: its own, the named ones, and those of other processes.</summary>
public static class NetworkNamespaces
{
    /// <summary>The path that opens the namespace of the calling thread.</summary>
    public const string Own = "/proc/thread-self/ns/net";

    /// <summary>Each namespace once, the calling thread's first: a path that opens it, and its inode number.</summary>
    public static IEnumerable<(string Path, uint Inode)> Find()
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

    /// <summary>Runs something in a network namespace, on a thread of its own that enters it; in <see cref="Own"/> at once.</summary>
    /// <remarks>
    /// Only system calls that do not wait for others of this process: what is asynchronous may have .NET start threads of its
    /// pool from that thread, in that namespace, where they stay.
    /// </remarks>
    /// <exception cref="BpfException">The file cannot be opened, is no network namespace (EINVAL), or entering it needs CAP_SYS_ADMIN (EPERM).</exception>
    public static T Run<T>(string path, Func<T> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (string.Equals(path, Own, StringComparison.Ordinal))
        {
            return action();
        }

        int descriptor = BpfCommands.ThrowIfFailed(Syscalls.Open(path, Constants.O_RDONLY), $"Opening the network namespace '{path}'");
        using SafeBpfHandle handle = SafeBpfHandle.Adopt(descriptor);
        return NetworkNamespaceThread.Run(handle, action);
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
