using System.Globalization;

namespace Sockmap.TestKit.Placement;

/// <summary>The test's own process in a cgroup, so that the sockets it makes belong there. Dispose takes it back.</summary>
public sealed class CgroupVisit : IDisposable
{
    private const string Unified = "0::";

    private readonly string _home;

    private CgroupVisit(string home) => _home = home;

    public static CgroupVisit To(TestCgroup cgroup)
    {
        string home = File.ReadLines("/proc/self/cgroup").First(line => line.StartsWith(Unified, StringComparison.Ordinal))[Unified.Length..];
        Move(cgroup.Path);
        return new CgroupVisit(TestCgroup.MountPoint + home);
    }

    public void Dispose() => Move(_home);

    private static void Move(string cgroup) => File.WriteAllText(
        Path.Combine(cgroup, "cgroup.procs"),
        Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
}
