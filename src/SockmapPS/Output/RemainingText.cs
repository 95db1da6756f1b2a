using System.Globalization;
using System.Net.Sockets;
using Sockmap.Entries;

namespace SockmapPS.Output;

/// <summary>Tells people which sockets hold bytes that nobody has read.</summary>
internal static class RemainingText
{
    private const int Shown = 5;

    /// <summary>
    /// One sentence: how many sockets and bytes, and the first few of them, such as
    /// <c>1 socket has 812 unread bytes: 127.0.0.1:6379 from 127.0.0.1:40312 (812).</c>
    /// </summary>
    public static string Describe(IReadOnlyList<SockmapEntry> remaining)
    {
        ulong bytes = remaining.Aggregate(0UL, (sum, entry) => sum + entry.QueuedBytes);
        string rest = remaining.Count > Shown
            ? string.Create(CultureInfo.InvariantCulture, $", and {remaining.Count - Shown} more")
            : string.Empty;
        string names = string.Join(", ", remaining.Take(Shown).Select(Name));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{remaining.Count} {(remaining.Count == 1 ? "socket has" : "sockets have")} {bytes} unread bytes: {names}{rest}.");
    }

    /// <summary>One socket, such as <c>127.0.0.1:6379 from 127.0.0.1:40312 (812)</c>.</summary>
    public static string Name(SockmapEntry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{EndPoint(entry.LocalAddress, entry.LocalPort)} from {EndPoint(entry.RemoteAddress, entry.RemotePort)} ({entry.QueuedBytes})");

    /// <summary>An end, such as <c>127.0.0.1:6379</c> or <c>[::1]:6379</c>.</summary>
    public static string EndPoint(System.Net.IPAddress address, int port) =>
        address.AddressFamily == AddressFamily.InterNetworkV6
            ? string.Create(CultureInfo.InvariantCulture, $"[{address}]:{port}")
            : string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
}
