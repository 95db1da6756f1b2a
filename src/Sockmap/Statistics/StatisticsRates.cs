using System.Diagnostics;

namespace Sockmap.Statistics;

/// <summary>
/// Makes rates of what is read again and again: each sample gets those since the one before. A first sample has none, nor
/// has the first one after a bypass was replaced and counts from zero.
/// </summary>
public sealed class StatisticsRates
{
    private readonly Dictionary<string, IReadOnlyList<SockmapStatistics>> _last = new(StringComparer.Ordinal);

    /// <summary>The sample of one bypass with its rates. A group that is new had counted nothing before.</summary>
    public IReadOnlyList<SockmapStatistics> Apply(IReadOnlyList<SockmapStatistics> sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (sample.Count == 0)
        {
            return sample;
        }

        SockmapStatistics any = sample[0];
        _last.Remove(any.Bypass, out IReadOnlyList<SockmapStatistics>? before);
        _last.Add(any.Bypass, sample);
        if (before is null || before[0].Source != any.Source)
        {
            return sample;
        }

        Dictionary<(ulong? CgroupId, int? Port), SockmapStatistics> known = before.ToDictionary(group => (group.CgroupId, group.Port));
        TimeSpan interval = Stopwatch.GetElapsedTime(before[0].Timestamp, any.Timestamp);
        return [.. sample.Select(now => WithRates(now, known.GetValueOrDefault((now.CgroupId, now.Port)), interval))];
    }

    private static SockmapStatistics WithRates(SockmapStatistics now, SockmapStatistics? before, TimeSpan interval)
    {
        double Rate(Func<SockmapStatistics, ulong> counter) => (counter(now) - (before is null ? 0 : counter(before))) / interval.TotalSeconds;

        return now with
        {
            Interval = interval,
            ConnectionsPerSecond = Rate(group => group.Connections),
            MessagesRedirectedPerSecond = Rate(group => group.MessagesRedirected),
            BytesRedirectedPerSecond = Rate(group => group.BytesRedirected),
            MessagesOverTcpPerSecond = Rate(group => group.MessagesOverTcp),
            BytesOverTcpPerSecond = Rate(group => group.BytesOverTcp),
            DirectionsSwitchedPerSecond = Rate(group => group.DirectionsSwitched),
            DirectionsSpilledPerSecond = Rate(group => group.DirectionsSpilled),
            DirectionsFellBackPerSecond = Rate(group => group.DirectionsFellBack),
        };
    }
}
