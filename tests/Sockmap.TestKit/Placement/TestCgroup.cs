using System.Globalization;
using Sockmap.TestKit.Observation;

namespace Sockmap.TestKit.Placement;

/// <summary>A cgroup v2 folder of the test's own. Dispose kills who is still in it and removes it with all below.</summary>
public sealed class TestCgroup : IDisposable
{
    private TestCgroup(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
    }

    /// <summary>Mount point of cgroup v2, in the unified or the hybrid layout; null where there is none.</summary>
    public static string? MountPoint => MountEntry.ReadAll().FirstOrDefault(e => e.FileSystem == "cgroup2")?.MountPoint;

    public string Path { get; }

    /// <summary>Ids of the processes in this cgroup itself.</summary>
    public IReadOnlyList<int> Members =>
        [.. File.ReadLines(System.IO.Path.Combine(Path, "cgroup.procs")).Select(l => int.Parse(l, CultureInfo.InvariantCulture))];

    public static TestCgroup Create() => new(System.IO.Path.Combine(
        MountPoint ?? throw new InvalidOperationException("No cgroup v2 is mounted; mount one or skip the test (see Machine.Missing)."),
        TestNames.Next("cgroup")));

    /// <summary>A cgroup below this one; it goes with its parent at the latest.</summary>
    public TestCgroup CreateChild(string name) => new(System.IO.Path.Combine(Path, name));

    public void Dispose()
    {
        if (Directory.Exists(Path) && !Patience.Until(TryRemove))
        {
            throw new IOException($"The cgroup {Path} could not be removed; its members: {string.Join(' ', Members)}.");
        }
    }

    private static void KillMembers(string path)
    {
        string kill = System.IO.Path.Combine(path, "cgroup.kill");
        if (File.Exists(kill))
        {
            File.WriteAllText(kill, "1");
            return;
        }

        // Before 5.14 there is no cgroup.kill.
        foreach (string id in File.ReadAllLines(System.IO.Path.Combine(path, "cgroup.procs")))
        {
            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
                process.Kill();
            }
            catch (ArgumentException)
            {
                // Gone in the meantime: what was wanted.
            }
        }
    }

    private static void Remove(string path)
    {
        foreach (string child in Directory.GetDirectories(path))
        {
            Remove(child);
        }

        // The files in it are the kernel's; rmdir of the folder alone is right, and .NET's non-recursive Delete is just that.
        Directory.Delete(path);
    }

    private bool TryRemove()
    {
        try
        {
            foreach (string path in Directory.GetDirectories(Path, "*", SearchOption.AllDirectories).Append(Path))
            {
                KillMembers(path);
            }

            Remove(Path);
            return true;
        }
        catch (IOException)
        {
            // EBUSY until the killed are reaped.
            return !Directory.Exists(Path);
        }
    }
}
