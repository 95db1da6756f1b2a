using Sockmap.Bypasses.Store;
using Sockmap.Statistics;

namespace Sockmap.Bypasses;

/// <content>Counters.</content>
public sealed partial class BypassManager
{
    /// <summary>
    /// What a bypass has counted since it was installed, per CPU in the kernel and summed here. By cgroup or port there is
    /// one for each that had sockets, and first, where anything was counted for none, one without cgroup and port: sockets
    /// that were not taken in, and those that came when 510 pairs of cgroup and port had counters already.
    /// </summary>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), another version made it
    /// (BypassForeign), or the kernel refused.</exception>
    public IReadOnlyList<SockmapStatistics> GetStatistics(string name, StatisticsGrouping grouping = StatisticsGrouping.Bypass)
    {
        SettingsRules.CheckName(name);
        return KernelError.Guard(() =>
        {
            BypassFolder folder = FindFolder(name) ?? throw NotFound(name);
            RequireOwn(folder);
            return StatisticsReader.Read(folder, grouping) ?? throw NotFound(name);
        });
    }
}
