using System.Globalization;
using System.Text;
using Sockmap.Bypasses;

namespace Sockmap.Statistics;

/// <summary>
/// Counters as OpenMetrics text (OpenMetrics 1.0, prometheus.io/docs/specs/om/open_metrics_spec). Readers of the older
/// Prometheus text format, such as node_exporter's textfile collector, take it too: what that one lacks are comments
/// there, and counters are untyped.
/// </summary>
public static class OpenMetrics
{
    private static readonly (string Outcome, Func<SockmapStatistics, ulong> Value)[] Sockets =
    [
        ("connected", s => s.SocketsConnected),
        ("accepted", s => s.SocketsAccepted),
        ("added", s => s.SocketsAdded),
        ("left", s => s.SocketsLeft),
        ("filtered", s => s.SocketsFiltered),
        ("remote", s => s.SocketsRemote),
        ("map_full", s => s.SocketsMapFull),
        ("key_taken", s => s.SocketsKeyTaken),
        ("busy", s => s.SocketsBusy),
        ("refused", s => s.SocketsRefused),
    ];

    private static readonly (string Path, Func<SockmapStatistics, ulong> Value)[] Messages =
    [
        ("redirected", s => s.MessagesRedirected),
        ("tcp", s => s.MessagesOverTcp),
    ];

    private static readonly (string Path, Func<SockmapStatistics, ulong> Value)[] Bytes =
    [
        ("redirected", s => s.BytesRedirected),
        ("tcp", s => s.BytesOverTcp),
    ];

    private static readonly (string Change, Func<SockmapStatistics, ulong> Value)[] Changes =
    [
        ("switched", s => s.DirectionsSwitched),
        ("spilled", s => s.DirectionsSpilled),
        ("fell_back", s => s.DirectionsFellBack),
    ];

    private static readonly (string Reason, Func<SockmapStatistics, ulong> Value)[] TcpReasons =
    [
        ("paused", s => s.TcpPaused),
        ("no_peer", s => s.TcpNoPeer),
        ("unread", s => s.TcpUnread),
        ("reader", s => s.TcpReader),
        ("low_water", s => s.TcpLowWater),
        ("upper_protocol", s => s.TcpUpperProtocol),
        ("shut_down", s => s.TcpShutDown),
        ("spilled", s => s.TcpSpilled),
        ("wrong_peer", s => s.TcpWrongPeer),
        ("kick", s => s.TcpKick),
        ("leaving", s => s.TcpLeaving),
        ("stream", s => s.TcpStream),
    ];

    /// <summary>The whole text of one scrape, lines ended by '\n', the last one <c># EOF</c>.</summary>
    /// <param name="bypasses">All bypasses.</param>
    /// <param name="statistics">Their counters, all by the same grouping: labels are the bypass, and the cgroup's path and
    /// the port where the counters are of one.</param>
    public static string Write(IReadOnlyCollection<BypassStatus> bypasses, IReadOnlyCollection<SockmapStatistics> statistics)
    {
        ArgumentNullException.ThrowIfNull(bypasses);
        ArgumentNullException.ThrowIfNull(statistics);
        bool byCgroup = statistics.Any(group => group.CgroupId is not null);
        bool byPort = statistics.Any(group => group.Port is not null);
        StringBuilder text = new();
        Gauge("sockmap_bypass_active", "Whether the bypass takes sockets in and redirects messages.", bypass => bypass.State == BypassState.Active ? 1 : 0);
        Gauge("sockmap_entries", "Sockets in the bypass.", bypass => bypass.Entries);
        Gauge("sockmap_max_entries", "Sockets that the bypass has room for.", bypass => bypass.MaxEntries);
        Counter("sockmap_sockets", "Sockets that were established in the bypass's cgroup, by what became of them.", "outcome", Sockets);
        Counter("sockmap_messages", "Messages that sockets in the bypass sent, by the way they took.", "path", Messages);
        Counter("sockmap_bytes", "Bytes that sockets in the bypass sent, by the way they took.", "path", Bytes, "bytes");
        Counter("sockmap_direction_changes", "Times that a direction of a connection changed its way.", "change", Changes);
        Counter("sockmap_messages_by_tcp_reason", "Messages that were not redirected, by the reason.", "reason", TcpReasons);
        Counter("sockmap_messages_refused", "Messages refused with EACCES, by a forced removal.", null, [("", s => s.MessagesRefused)]);
        return text.Append("# EOF\n").ToString();

        void Gauge(string name, string help, Func<BypassStatus, int> value)
        {
            Head(name, "gauge", help, null);
            foreach (BypassStatus bypass in bypasses.Where(bypass => bypass.State != BypassState.Foreign || name == "sockmap_bypass_active"))
            {
                Sample(name, [("bypass", bypass.Name)], value(bypass).ToString(CultureInfo.InvariantCulture));
            }
        }

        void Counter(string name, string help, string? label, (string Word, Func<SockmapStatistics, ulong> Value)[] values, string? unit = null)
        {
            Head(name, "counter", help, unit);
            foreach (SockmapStatistics group in statistics)
            {
                foreach ((string word, Func<SockmapStatistics, ulong> value) in values)
                {
                    IEnumerable<(string, string)> labels = LabelsOf(group, byCgroup, byPort);
                    Sample(name + "_total", label is null ? labels : labels.Append((label, word)), value(group).ToString(CultureInfo.InvariantCulture));
                }
            }
        }

        void Head(string name, string type, string help, string? unit)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {Escape(help)}\n# TYPE {name} {type}\n");
            if (unit is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"# UNIT {name} {unit}\n");
            }
        }

        void Sample(string name, IEnumerable<(string Name, string Value)> labels, string value)
        {
            string all = string.Join(',', labels.Select(label => $"{label.Name}=\"{Escape(label.Value)}\""));
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{all}}} {value}\n");
        }
    }

    /// <summary>As label values are to be written: both formats know these three.</summary>
    internal static string Escape(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>All metrics of a family have the same labels; an empty one is none to Prometheus.</summary>
    private static IEnumerable<(string Name, string Value)> LabelsOf(SockmapStatistics group, bool byCgroup, bool byPort)
    {
        yield return ("bypass", group.Bypass);
        if (byCgroup)
        {
            // A cgroup that is gone has only its id left, which keeps two such apart.
            yield return ("cgroup", group.Cgroup ?? (group.CgroupId is { } id ? string.Create(CultureInfo.InvariantCulture, $"id {id}") : ""));
        }

        if (byPort)
        {
            yield return ("port", group.Port?.ToString(CultureInfo.InvariantCulture) ?? "");
        }
    }
}
