using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Programs;
using Sockmap.Sockets;

namespace Sockmap.Redirects;

/// <summary>
/// Runs an iterator program over the TCP sockets of a socket's network namespace; it does something with the one that it
/// knows by its cookie, under that socket's lock.
/// </summary>
internal static class SourcePass
{
    /// <returns>What the program wrote; null where it did not find the socket.</returns>
    /// <exception cref="BpfException">The namespace cannot be entered, or the iterator not be had.</exception>
    public static int? Run(BpfProgram program, SafeHandle socket) => SocketNetwork.Run(socket, () =>
    {
        using BpfLink link = BpfLink.CreateIterator(program, target: null);
        int? written = null;
        foreach (int result in BpfIterator.ReadRecords<int>(link))
        {
            written = result;
        }

        return written;
    });
}
