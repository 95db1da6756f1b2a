using System.Globalization;
using Sockmap.Statistics;
using Spectre.Console;

namespace Sockmap.Cli.Output;

/// <summary>Counters for people, a row for each group.</summary>
internal static class StatsView
{
    /// <summary>Writes the table.</summary>
    public static void Write(Terminal terminal, IEnumerable<SockmapStatistics> statistics, StatisticsGrouping grouping)
    {
        bool byCgroup = grouping is StatisticsGrouping.Cgroup or StatisticsGrouping.CgroupAndPort;
        bool byPort = grouping is StatisticsGrouping.Port or StatisticsGrouping.CgroupAndPort;
        List<TableColumn> columns = [Terminal.Left("Bypass")];
        if (byCgroup)
        {
            columns.Add(Terminal.Left("Cgroup"));
        }

        if (byPort)
        {
            columns.Add(Terminal.Right("Port"));
        }

        columns.AddRange(
        [
            Terminal.Right("Connections"),
            Terminal.Right("Redirected"),
            Terminal.Right("Bytes"),
            Terminal.Right("Over TCP"),
            Terminal.Right("Bytes"),
            Terminal.Right("Spilled"),
            Terminal.Right("Fell back"),
        ]);
        Table table = Terminal.NewTable(columns);
        foreach (SockmapStatistics group in statistics)
        {
            List<string> cells = [group.Bypass];
            if (byCgroup)
            {
                cells.Add(group.Cgroup ?? (group.CgroupId is { } id ? string.Create(CultureInfo.InvariantCulture, $"gone (id {id})") : "-"));
            }

            if (byPort)
            {
                cells.Add(group.Port?.ToString(CultureInfo.InvariantCulture) ?? "-");
            }

            cells.AddRange(
            [
                Quantity.Count(group.Connections),
                Quantity.Count(group.MessagesRedirected),
                Quantity.Bytes(group.BytesRedirected),
                Quantity.Count(group.MessagesOverTcp),
                Quantity.Bytes(group.BytesOverTcp),
                Quantity.Count(group.DirectionsSpilled),
                Quantity.Count(group.DirectionsFellBack),
            ]);
            table.AddRow(cells.Select(Terminal.Cell));
        }

        terminal.Write(table);
    }
}
