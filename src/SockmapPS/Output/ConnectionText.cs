using System.Globalization;
using System.Net;
using Sockmap.Entries;
using Sockmap.Sockets;

namespace SockmapPS.Output;

/// <summary>Names connections and who holds them, for people; the table views use it too.</summary>
public static class ConnectionText
{
    /// <summary>A connection and its two processes, such as <c>127.0.0.1:40312 (redis-cli 812) to 127.0.0.1:6379 (redis-server 77)</c>.</summary>
    public static string Describe(ConnectionCandidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        return $"{End(candidate.LocalAddress, candidate.LocalPort, candidate.ProcessNames, candidate.ProcessIds)} to "
            + End(candidate.RemoteAddress, candidate.RemotePort, candidate.RemoteProcessNames, candidate.RemoteProcessIds);
    }

    /// <summary>The same of an entry, from the end that connected.</summary>
    public static string Describe(SockmapEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        string local = End(entry.LocalAddress, entry.LocalPort, entry.ProcessName, entry.ProcessId);
        string remote = End(entry.RemoteAddress, entry.RemotePort, entry.PeerProcessName, entry.PeerProcessId);
        return entry.IsClient ? $"{local} to {remote}" : $"{remote} to {local}";
    }

    /// <summary>An end point, such as <c>127.0.0.1:6379</c> or <c>[::1]:6379</c>.</summary>
    public static string EndPoint(object? address, int port) => address is null or ""
        ? "-"
        : RemainingText.EndPoint(address as IPAddress ?? IPAddress.Parse(address.ToString()!), port);

    /// <summary>The first process and how many more, such as <c>nginx 812 +3</c>; <c>-</c> for none.</summary>
    public static string Process(System.Collections.IList? names, System.Collections.IList? ids)
    {
        if (names is null || ids is null || names.Count == 0 || ids.Count == 0)
        {
            return "-";
        }

        string more = ids.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" +{ids.Count - 1}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{names[0]} {ids[0]}{more}");
    }

    /// <summary>Which ways of a connection are redirected: both, what this end sends, what it receives, or none.</summary>
    public static string Path(string? sends, string? receives) => (IsRedirected(sends), IsRedirected(receives)) switch
    {
        (true, true) => "Redirected",
        (true, false) => "SendOnly",
        (false, true) => "RecvOnly",
        _ => "Tcp",
    };

    private static bool IsRedirected(string? path) => string.Equals(path, nameof(EntryPath.Redirected), StringComparison.Ordinal);

    private static string End(IPAddress address, int port, IReadOnlyList<string> processNames, IReadOnlyList<int> processIds) => processIds.Count == 0
        ? EndPoint(address, port)
        : string.Create(CultureInfo.InvariantCulture, $"{EndPoint(address, port)} ({processNames[0]} {processIds[0]})");
}
