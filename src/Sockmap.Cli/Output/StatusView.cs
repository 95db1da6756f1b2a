using System.Globalization;
using Sockmap.Bypasses;
using Sockmap.Filters;
using Spectre.Console;

namespace Sockmap.Cli.Output;

/// <summary>Bypasses for people: many in a table, one with all that is known of it.</summary>
internal static class StatusView
{
    /// <summary>Writes a row for each, then what is wrong with any.</summary>
    public static void WriteList(Terminal terminal, IReadOnlyCollection<BypassStatus> bypasses)
    {
        Table table = Terminal.NewTable(
            Terminal.Left("Name"),
            Terminal.Left("State"),
            Terminal.Left("Cgroup"),
            Terminal.Left("Takes"),
            Terminal.Right("Entries"),
            Terminal.Right("Redirected"),
            Terminal.Right("Over TCP"));
        foreach (BypassStatus bypass in bypasses)
        {
            table.AddRow(
                Terminal.Cell(bypass.Name),
                Terminal.Cell(State(bypass)),
                Terminal.Cell(bypass.Cgroup ?? "(not found)"),
                Terminal.Cell(Takes(bypass)),
                Terminal.Cell(Quantity.Count(bypass.Entries)),
                Terminal.Cell(Quantity.Bytes(bypass.BytesRedirected)),
                Terminal.Cell(Quantity.Bytes(bypass.BytesOverTcp)));
        }

        terminal.Write(table);
        foreach (BypassStatus bypass in bypasses)
        {
            WriteProblems(terminal, bypass);
        }
    }

    /// <summary>Writes all that is known of one.</summary>
    public static void WriteDetail(Terminal terminal, BypassStatus bypass)
    {
        Table table = Terminal.NewTable(Terminal.Left("").NoWrap(), Terminal.Left(""));
        table.ShowHeaders = false;
        void Row(string name, string value) => table.AddRow(Terminal.Cell(name), Terminal.Cell(value));

        Row("Name", bypass.Name);
        Row("State", State(bypass));
        Row("Cgroup", bypass.Cgroup ?? $"gone (its id was {bypass.CgroupId})");
        Row("Takes", Takes(bypass));
        Row("Variant", bypass.Variant.ToString());
        Row("Entries", $"{Quantity.Count(bypass.Entries)} of {Quantity.Count(bypass.MaxEntries)}");
        Row("Queue limit", bypass.QueueLimit == 0 ? "2 MiB" : Quantity.Bytes(bypass.QueueLimit));
        Row("Installed", bypass.InstalledAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        Row("Redirected", Traffic(bypass.MessagesRedirected, bypass.BytesRedirected));
        Row("Over TCP", $"{Traffic(bypass.MessagesOverTcp, bypass.BytesOverTcp)}; "
            + $"{Quantity.Count(bypass.MessagesSpilled)} since a receiver's queue was full");
        Row("Switched", $"{Quantity.Of(bypass.DirectionsSwitched, "time")} from TCP to redirected");
        Row("Sockets", $"{Quantity.Count(bypass.SocketsInserted)} taken in; left on TCP: "
            + $"{Quantity.Count(bypass.SocketsFiltered)} by filters, {Quantity.Count(bypass.SocketsRemote)} remote, "
            + $"{Quantity.Count(bypass.SocketsMapFull)} map full, {Quantity.Count(bypass.SocketsRefused)} refused");
        if (bypass.MessagesRefused > 0)
        {
            Row("Refused", $"{Quantity.Of(bypass.MessagesRefused, "message")} with EACCES, by a forced removal");
        }

        Row("Attached", bypass.Attachment.Count == 0 ? "nothing" : string.Join('\n', bypass.Attachment));
        Row("Pins", bypass.Path);
        terminal.Write(table);
        WriteProblems(terminal, bypass);
    }

    /// <summary>What a bypass takes, on one line: <c>IPv4, port 6379 8000-8100, not port 8080</c>.</summary>
    public static string Takes(BypassStatus bypass)
    {
        List<string> parts = [];
        if (bypass.Family != AddressFamilies.Any)
        {
            parts.Add(bypass.Family.ToString());
        }

        void Add(string word, IReadOnlyList<string> values)
        {
            if (values.Count > 0)
            {
                parts.Add($"{word} {string.Join(' ', values)}");
            }
        }

        Add("port", bypass.Port);
        Add("not port", bypass.ExcludePort);
        Add("address", bypass.Address);
        Add("not address", bypass.ExcludeAddress);
        if (parts.Count == 0)
        {
            parts.Add("all local TCP");
        }

        if (bypass.CrossNamespace)
        {
            parts.Add("across namespaces");
        }

        if (bypass.KeepSockets)
        {
            parts.Add("keeps sockets");
        }

        if (bypass.ThroughNat)
        {
            parts.Add("through NAT");
        }

        return string.Join(", ", parts);
    }

    private static string State(BypassStatus bypass) =>
        bypass.State == BypassState.Active && !bypass.IsHealthy ? "Active (!)" : bypass.State.ToString();

    private static string Traffic(ulong messages, ulong bytes) => $"{Quantity.Of(messages, "message")}, {Quantity.Bytes(bytes)}";

    private static void WriteProblems(Terminal terminal, BypassStatus bypass)
    {
        foreach (string problem in bypass.Problem)
        {
            terminal.Line($"! {bypass.Name}: {PlainText.OneLine(problem)}");
        }
    }
}
