using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;
using Sockmap.Cgroups;

namespace Sockmap.Statistics;

/// <summary>Reads the counters of a bypass from its pins.</summary>
internal static class StatisticsReader
{
    /// <summary>Reads them, summed as asked; null where there is no bypass in the folder.</summary>
    public static IReadOnlyList<SockmapStatistics>? Read(BypassFolder folder, StatisticsGrouping grouping)
    {
        using BpfMap? counters = BypassFolder.TryOpenMap(folder.Counters);
        using BpfMap? groups = BypassFolder.TryOpenMap(folder.Groups);
        if (counters is null || groups is null)
        {
            return null;
        }

        SockmapStatistics sample = new()
        {
            Bypass = folder.Name,
            Time = DateTime.Now,
            Source = counters.GetInfo().Id,
            Timestamp = System.Diagnostics.Stopwatch.GetTimestamp(),
        };
        CounterTable table = CounterTable.Read(counters, groups);
        if (grouping == StatisticsGrouping.Bypass)
        {
            return [Sum(sample with { Entries = CountEntries(folder) }, table.Groups)];
        }

        bool byCgroup = grouping is StatisticsGrouping.Cgroup or StatisticsGrouping.CgroupAndPort;
        bool byPort = grouping is StatisticsGrouping.Port or StatisticsGrouping.CgroupAndPort;
        return
        [
            .. table.Groups
                .Where(group => group.Key is not null || !IsZero(group))
                .GroupBy(group => (CgroupId: byCgroup ? group.Key?.CgroupId : null, Port: byPort ? (int?)group.Key?.Port : null))
                .Select(group => Sum(
                    sample with
                    {
                        Cgroup = group.Key.CgroupId is { } id ? CgroupHierarchy.FindPath(id) : null,
                        CgroupId = group.Key.CgroupId,
                        Port = group.Key.Port,
                    },
                    [.. group]))
                .OrderBy(group => group.Cgroup, StringComparer.Ordinal)
                .ThenBy(group => group.CgroupId)
                .ThenBy(group => group.Port),
        ];
    }

    private static int? CountEntries(BypassFolder folder)
    {
        using Bpf.Links.BpfLink? list = BypassFolder.TryOpenLink(folder.List);
        return list is null ? null : EntryReader.ReadRows(list).Count();
    }

    private static bool IsZero(CounterGroup group) => Array.TrueForAll(Enum.GetValues<BypassCounter>(), counter => group[counter] == 0);

    private static SockmapStatistics Sum(SockmapStatistics sample, IReadOnlyList<CounterGroup> groups)
    {
        ulong Of(BypassCounter counter) => groups.Aggregate(0UL, (sum, group) => sum + group[counter]);

        return sample with
        {
            SocketsConnected = Of(BypassCounter.SocketsConnected),
            SocketsAccepted = Of(BypassCounter.SocketsAccepted),
            SocketsAdded = Of(BypassCounter.SocketsAdded),
            SocketsLeft = Of(BypassCounter.SocketsLeft),
            SocketsFiltered = Of(BypassCounter.SocketsFiltered),
            SocketsRemote = Of(BypassCounter.SocketsRemote),
            SocketsMapFull = Of(BypassCounter.SocketsMapFull),
            SocketsKeyTaken = Of(BypassCounter.SocketsKeyTaken),
            SocketsBusy = Of(BypassCounter.SocketsBusy),
            SocketsRefused = Of(BypassCounter.SocketsRefused),
            MessagesRedirected = Of(BypassCounter.MessagesRedirected),
            BytesRedirected = Of(BypassCounter.BytesRedirected),
            MessagesOverTcp = Of(BypassCounter.MessagesOverTcp),
            BytesOverTcp = Of(BypassCounter.BytesOverTcp),
            DirectionsSwitched = Of(BypassCounter.DirectionsSwitched),
            DirectionsSpilled = Of(BypassCounter.DirectionsSpilled),
            DirectionsFellBack = Of(BypassCounter.DirectionsFellBack),
            TcpPaused = Of(BypassCounter.TcpPaused),
            TcpNoPeer = Of(BypassCounter.TcpNoPeer),
            TcpUnread = Of(BypassCounter.TcpUnread),
            TcpReader = Of(BypassCounter.TcpReader),
            TcpLowWater = Of(BypassCounter.TcpLowWater),
            TcpUpperProtocol = Of(BypassCounter.TcpUpperProtocol),
            TcpShutDown = Of(BypassCounter.TcpShutDown),
            TcpSpilled = Of(BypassCounter.TcpSpilled),
            TcpWrongPeer = Of(BypassCounter.TcpWrongPeer),
            TcpKick = Of(BypassCounter.TcpKick),
            TcpLeaving = Of(BypassCounter.TcpLeaving),
            TcpStream = Of(BypassCounter.TcpStream),
            MessagesRefused = Of(BypassCounter.MessagesRefused),
        };
    }
}
