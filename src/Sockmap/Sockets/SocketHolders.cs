using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Sockets.Layout;
using Sockmap.Sockets.Procfs;

namespace Sockmap.Sockets;

/// <summary>Lists the sockets that processes have open.</summary>
public static class SocketHolders
{
    /// <summary>
    /// The TCP sockets of this host, each with the process that holds it. Processes that this one may not look into are left out, and so
    /// are descriptors that are closed meanwhile.
    /// </summary>
    /// <param name="options">How to read; null for the best way there is. <see cref="SocketReadOptions.AnyProtocol"/> lists other sockets too, /proc only those of UDP and UNIX.</param>
    /// <returns>What streams them; dispose it. Where the iterator is to be had, each enumeration is one run of it.</returns>
    /// <exception cref="Bpf.BpfException">The iterator was asked for and is not to be had; or sock_diag(7) is not either.</exception>
    public static SocketListing<HeldSocket> Read(SocketReadOptions? options = null)
    {
        options ??= new SocketReadOptions();
        if (options.Source == SocketSource.Proc)
        {
            return Fallback(options, null);
        }

        try
        {
            BpfLink link = SocketObject.LinkHeld(options);
            return new SocketListing<HeldSocket>(SocketSource.Iterator, null, () => ReadIterator(link), link);
        }
        catch (Exception exception) when (options.Source is null && SocketObject.IsUnavailable(exception))
        {
            options.Log?.Invoke($"The iterator over open files cannot be used, so /proc is read: {exception.Message}");
            return Fallback(options, exception.Message);
        }
    }

    private static SocketListing<HeldSocket> Fallback(SocketReadOptions options, string? reason) =>
        new(SocketSource.Proc, reason, () => ProcSockets.Read(options));

    private static IEnumerable<HeldSocket> ReadIterator(BpfLink link)
    {
        int lastId = -1;
        string name = "";
        foreach (HeldRow row in BpfIterator.ReadRecords<HeldRow>(link))
        {
            if (row.Holder.ProcessId != lastId)
            {
                lastId = row.Holder.ProcessId;
                name = row.Holder.ReadName();
            }

            yield return new HeldSocket(row.Socket.Describe()) { ProcessId = lastId, ProcessName = name, Descriptor = row.Holder.Descriptor };
        }
    }
}
