using System.Globalization;
using Sockmap.Bypasses;

namespace Sockmap.Workers;

/// <summary>
/// A cgroup of a worker's own, below one that is there, so that no other process is touched; removed with this object.
/// </summary>
public sealed class WorkerCgroup : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    private WorkerCgroup(string path) => Path = path;

    /// <summary>Its folder.</summary>
    public string Path { get; }

    /// <summary>Makes one. Those of the same prefix that processes which were killed have left go first.</summary>
    /// <param name="parent">Folder of the cgroup to make it in.</param>
    /// <param name="prefix">What its name begins with; the process id and a random number follow, as process ids of other pid namespaces may be the same.</param>
    /// <exception cref="BypassException">Making a cgroup there is not allowed (PermissionDenied), or not possible
    /// (CgroupNotUsable).</exception>
    public static WorkerCgroup Create(string parent, string prefix)
    {
        ArgumentNullException.ThrowIfNull(parent);
        RemoveStale(parent, prefix);
        string path = System.IO.Path.Combine(
            parent, string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Environment.ProcessId}-{Random.Shared.Next():x8}"));
        try
        {
            // Not the parents too: .NET makes them where they are not, on a cgroup that is gone.
            if (!Directory.Exists(parent))
            {
                throw new BypassException(BypassError.CgroupNotFound, $"There is no cgroup '{parent}' any more.");
            }

            Directory.CreateDirectory(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BypassException(
                BypassError.PermissionDenied, $"The cgroup '{path}' may not be made: run as root of the host, or as whom the cgroup is delegated to.", e);
        }
        catch (IOException e)
        {
            throw new BypassException(
                BypassError.CgroupNotUsable,
                $"The cgroup '{path}' could not be made: {e.Message} (a container's cgroups are mostly mounted read-only, and cgroup.max.descendants and cgroup.max.depth limit them).",
                e);
        }

        return new WorkerCgroup(path);
    }

    /// <summary>Moves this process into a cgroup. Only sockets that it makes from then on belong to it.</summary>
    /// <exception cref="WorkerException">It may not, or cannot.</exception>
    public static void Join(string path)
    {
        try
        {
            // 0 is the process that writes.
            File.WriteAllText(System.IO.Path.Combine(path, "cgroup.procs"), "0");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new WorkerException($"The cgroup {path} may not be joined: it takes the right to write to its cgroup.procs and to that of the cgroup above both.", e);
        }
        catch (IOException e)
        {
            throw new WorkerException(
                $"The cgroup {path} could not be joined: {e.Message} (where cgroup.type says domain invalid, the cgroup above it is threaded; where it is busy, that one has controllers in cgroup.subtree_control).",
                e);
        }
    }

    /// <summary>Removes it.</summary>
    /// <exception cref="BypassException">It could not be removed (CgroupNotUsable).</exception>
    public void Dispose()
    {
        for (long began = Environment.TickCount64; ;)
        {
            try
            {
                Directory.Delete(Path);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (IOException e)
            {
                // A process that has just died may still count for a moment (EBUSY).
                if (Environment.TickCount64 - began > Patience.TotalMilliseconds)
                {
                    throw new BypassException(BypassError.CgroupNotUsable, $"The cgroup '{Path}' could not be removed; do it with rmdir: {e.Message}", e);
                }

                Thread.Sleep(10);
            }
        }
    }

    /// <summary>
    /// Those of processes that are no more, if empty: the kernel refuses to remove one with a process. A process id of
    /// another pid namespace may seem to be no more; then one that was made just now may still be about to be joined.
    /// </summary>
    private static void RemoveStale(string parent, string prefix)
    {
        if (!Directory.Exists(parent))
        {
            return;
        }

        foreach (string path in Directory.EnumerateDirectories(parent, prefix + "-*", new EnumerationOptions { IgnoreInaccessible = true }))
        {
            string[] parts = System.IO.Path.GetFileName(path)[prefix.Length..].Split('-', StringSplitOptions.RemoveEmptyEntries);
            try
            {
                if (!Directory.Exists($"/proc/{parts[0]}") && DateTime.UtcNow - Directory.GetCreationTimeUtc(path) > Young)
                {
                    Directory.Delete(path);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, somebody else's, or gone in the meantime: it is not in our way.
            }
        }
    }
}
