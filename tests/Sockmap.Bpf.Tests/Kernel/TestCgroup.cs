using System.Globalization;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bpf.Tests.Kernel;

/// <summary>A cgroup v2 directory of its own.</summary>
public sealed class TestCgroup : IDisposable
{
    public TestCgroup()
    {
        MountRoot = MountTable.Find("cgroup2")[0].MountPoint;
        DirectoryPath = Path.Combine(MountRoot, $"sockmap-test-{Guid.NewGuid():N}");
        Directory.CreateDirectory(DirectoryPath);
    }

    public string MountRoot { get; }

    public string DirectoryPath { get; }

    /// <summary>Does something while this process is in the cgroup.</summary>
    public void Inside(Action action)
    {
        string line = File.ReadLines("/proc/self/cgroup").Single(text => text.StartsWith("0::", StringComparison.Ordinal));
        string home = MountRoot + line[3..];
        Move(DirectoryPath);
        try
        {
            action();
        }
        finally
        {
            Move(home);
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(DirectoryPath))
        {
            Directory.Delete(DirectoryPath);
        }
    }

    private static void Move(string directory) =>
        File.WriteAllText(Path.Combine(directory, "cgroup.procs"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
}
