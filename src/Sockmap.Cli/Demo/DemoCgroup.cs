using Sockmap.Bypasses;
using Sockmap.Cgroups;

namespace Sockmap.Cli.Demo;

/// <summary>A cgroup of the demo's own, so that it touches no other process; removed with this object.</summary>
internal sealed class DemoCgroup : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private DemoCgroup(string path) => Path = path;

    /// <summary>Its folder.</summary>
    public string Path { get; }

    /// <summary>Makes it below the root of the cgroup v2 mount.</summary>
    /// <exception cref="BypassException">There is no such mount, or making a cgroup there is not allowed.</exception>
    public static DemoCgroup Create(string name)
    {
        string path = System.IO.Path.Combine(CgroupHierarchy.FindRoot(), name);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new BypassException(
                BypassError.PermissionDenied, $"The cgroup {path} may not be made; run the demo as root of the host.", exception);
        }
        catch (IOException exception)
        {
            throw new DemoException($"The cgroup {path} could not be made: {exception.Message}", exception);
        }

        return new DemoCgroup(path);
    }

    /// <summary>Moves this process into a cgroup. Only sockets that it makes from then on belong to it.</summary>
    public static void Join(string path)
    {
        try
        {
            // 0 is the process that writes.
            File.WriteAllText(System.IO.Path.Combine(path, "cgroup.procs"), "0");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DemoException($"The cgroup {path} could not be joined: {exception.Message}", exception);
        }
    }

    /// <summary>Removes it.</summary>
    /// <exception cref="DemoException">It could not be removed.</exception>
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
            catch (IOException exception)
            {
                // A process that has just died may still count for a moment (EBUSY).
                if (Environment.TickCount64 - began > Patience.TotalMilliseconds)
                {
                    throw new DemoException($"The cgroup {Path} could not be removed; do it with rmdir: {exception.Message}", exception);
                }

                Thread.Sleep(10);
            }
        }
    }
}
