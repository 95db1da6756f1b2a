using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;
using Sockmap.Filters;

namespace Sockmap.Bypasses;

/// <summary>Reads the entries of a bypass through its list iterator, one pass in the kernel.</summary>
internal static class EntryReader
{
    /// <summary>
    /// Streams the rows, each key once: the kernel's iterator begins a bucket anew with every read(2) that ends in it
    /// (net/core/sock_map.c).
    /// </summary>
    public static IEnumerable<EntryRow> ReadRows(BpfLink list)
    {
        HashSet<EntryKey> seen = [];
        using Stream stream = BpfIterator.Open(list);
        foreach (EntryRow row in BpfIterator.ReadRecords<EntryRow>(stream))
        {
            if (seen.Add(row.Key))
            {
                yield return row;
            }
        }
    }

    public static SockmapEntry ToEntry(string bypass, EntryRow row) => new()
    {
        Bypass = bypass,
        Family = row.Key.RemoteAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
            ? AddressFamilies.IPv4
            : AddressFamilies.IPv6,
        LocalAddress = row.Key.LocalAddress,
        LocalPort = row.Key.LocalPort,
        RemoteAddress = row.Key.RemoteAddress,
        RemotePort = row.Key.RemotePort,
        State = (SocketState)row.State,
        Path = row.Flags.HasFlag(EntryFlags.Redirected) ? EntryPath.Redirected : EntryPath.Tcp,
        RedirectedMessages = row.RedirectedMessages,
        RedirectedBytes = row.RedirectedBytes,
        TcpMessages = row.TcpMessages,
        TcpBytes = row.TcpBytes,
        SpilledMessages = row.SpilledMessages,
        QueuedBytes = row.QueuedBytes,
        Cookie = row.Cookie,
        Inode = row.Inode,
        NetworkNamespaceCookie = row.NetworkNamespaceCookie,
        UserId = row.UserId,
    };
}
