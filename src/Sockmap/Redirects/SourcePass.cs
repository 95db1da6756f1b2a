using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Programs;
using Sockmap.Interop;
using Sockmap.Sockets;

namespace Sockmap.Redirects;

/// <summary>
/// Runs an iterator program over the TCP sockets of a network namespace; it does something with the one that it knows by
/// its cookie, under that socket's lock.
/// </summary>
internal static class SourcePass
{
    /// <summary>In the namespace of a socket.</summary>
    /// <returns>What the program wrote; null where it did not find the socket.</returns>
    /// <exception cref="BpfException">The namespace cannot be entered, or the iterator not be had.</exception>
    public static int? Run(BpfProgram program, SafeHandle socket)
    {
        int descriptor = SocketCalls.OpenNetworkNamespace(socket);
        if (descriptor < 0)
        {
            throw new BpfException("Opening a socket's network namespace (ioctl SIOCGSKNS)", -descriptor);
        }

        using SafeSocketDescriptor space = new(descriptor);
        return Run(program, string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"));
    }

    /// <summary>In the namespace that a path opens.</summary>
    /// <exception cref="BpfException">The namespace cannot be entered, or the iterator not be had.</exception>
    public static int? Run(BpfProgram program, string networkNamespace) => NetworkNamespaces.Run(networkNamespace, () =>
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
