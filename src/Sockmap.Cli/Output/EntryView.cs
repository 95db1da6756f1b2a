using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Entries;
using Spectre.Console;

namespace Sockmap.Cli.Output;

/// <summary>Entries for people, written while they are read: a bypass may hold tens of thousands.</summary>
internal static class EntryView
{
    // The widest IPv4 end point; IPv6 ones that are longer fold.
    private const int EndPointWidth = 21;

    // The longest name and an id of seven digits; where the bypass takes room, long ones fold.
    private const int ProcessWidth = 24;
    private const int NarrowProcessWidth = 16;
    private const int BatchSize = 256;

    /// <summary>Writes a row for each entry; returns how many there were.</summary>
    public static int Write(Terminal terminal, IEnumerable<SockmapEntry> entries, bool showBypass)
    {
        int count = 0;
        foreach (SockmapEntry[] batch in entries.Chunk(BatchSize))
        {
            Table table = NewTable(showBypass);
            table.ShowHeaders = count == 0;
            foreach (SockmapEntry entry in batch)
            {
                table.AddRow(Cells(entry, showBypass).Select(Terminal.Cell));
            }

            terminal.Write(table);
            count += batch.Length;
        }

        return count;
    }

    // Widths are fixed, so that the rows of one batch stand under those of the one before.
    private static Table NewTable(bool showBypass)
    {
        List<TableColumn> columns =
        [
            Terminal.Left("Local").Width(EndPointWidth),
            Terminal.Left("Remote").Width(EndPointWidth),
            Terminal.Left("Process").Width(showBypass ? NarrowProcessWidth : ProcessWidth),
            Terminal.Left("Path").Width(10),
            Terminal.Right("Redirected").Width(10),
            Terminal.Right("Bytes").Width(8),
            Terminal.Right("Unread").Width(8),
        ];
        if (showBypass)
        {
            columns.Insert(0, Terminal.Left("Bypass").Width(9));
        }

        return Terminal.NewTable(columns);
    }

    private static IEnumerable<string> Cells(SockmapEntry entry, bool showBypass)
    {
        if (showBypass)
        {
            yield return entry.Bypass;
        }

        yield return EndPoint(entry.LocalAddress, entry.LocalPort);
        yield return EndPoint(entry.RemoteAddress, entry.RemotePort);
        yield return Process(entry);
        yield return Path(entry);
        yield return Quantity.Count(entry.RedirectedMessages);
        yield return Quantity.Bytes(entry.RedirectedBytes);
        yield return Quantity.Bytes(entry.QueuedBytes);
    }

    private static string Process(SockmapEntry entry) => entry.ProcessId.Count switch
    {
        0 => "-",
        1 => string.Create(CultureInfo.InvariantCulture, $"{entry.ProcessName[0]} {entry.ProcessId[0]}"),
        int count => string.Create(CultureInfo.InvariantCulture, $"{entry.ProcessName[0]} {entry.ProcessId[0]} +{count - 1}"),
    };

    // Both ways in one word.
    private static string Path(SockmapEntry entry) => (entry.Path, entry.ReceivePath) switch
    {
        (EntryPath.Redirected, EntryPath.Redirected) => "Redirected",
        (EntryPath.Redirected, _) => "SendOnly",
        (_, EntryPath.Redirected) => "RecvOnly",
        _ => "Tcp",
    };

    private static string EndPoint(IPAddress address, int port) =>
        address.AddressFamily == AddressFamily.InterNetworkV6
            ? string.Create(CultureInfo.InvariantCulture, $"[{address}]:{port}")
            : string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
}
