using System.Globalization;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using Sockmap.Interop;

namespace Sockmap.Sockets;

/// <summary>
/// The network namespace of a socket: the one in which it was made, which need not be that of a process that holds it. A
/// thread may have been elsewhere then, or the process was given the socket.
/// </summary>
internal static class SocketNetwork
{
    /// <summary>Runs something in it (<see cref="NetworkNamespaces.Run"/>).</summary>
    /// <exception cref="BpfException">It cannot be had (ioctl SIOCGSKNS needs CAP_NET_ADMIN there), or not be entered.</exception>
    public static T Run<T>(SafeHandle socket, Func<T> action)
    {
        int descriptor = SocketCalls.OpenNetworkNamespace(socket);
        if (descriptor < 0)
        {
            throw new BpfException("Opening a socket's network namespace (ioctl SIOCGSKNS)", -descriptor);
        }

        using SafeSocketDescriptor space = new(descriptor);
        return NetworkNamespaces.Run(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"), action);
    }

    /// <summary>
    /// Does something in each network namespace that has sockets but neither a process nor a file by which
    /// <see cref="NetworkNamespaces.Find"/> would find it.
    /// </summary>
    /// <param name="known">Inode numbers of those that were found.</param>
    /// <param name="action">What is done there.</param>
    /// <param name="onRefusal">Takes the inode number of each that could not be entered, and why.</param>
    public static void RunInOthers(IReadOnlySet<uint> known, Action action, Action<uint, string> onRefusal)
    {
        List<HeldSocket> hidden;
        using (SocketListing<HeldSocket> sockets = SocketHolders.Read())
        {
            hidden = [.. sockets.Where(socket => socket.NetworkNamespace != 0 && !known.Contains(socket.NetworkNamespace))];
        }

        RunInEach(hidden.Select(static socket => (socket.NetworkNamespace, socket.ProcessId, socket.Descriptor, socket.Cookie)), action, onRefusal);
    }

    /// <summary>Does something once in each network namespace of some sockets: by one of them, all of it is reached.</summary>
    /// <param name="sockets">The inode number of each one's namespace, and who holds it.</param>
    /// <param name="action">What is done there.</param>
    /// <param name="onRefusal">Takes the inode number of each that could not be entered, and why.</param>
    public static void RunInEach(IEnumerable<(uint Namespace, int ProcessId, int Descriptor, ulong Cookie)> sockets, Action action, Action<uint, string> onRefusal)
    {
        foreach (IGrouping<uint, (uint Namespace, int ProcessId, int Descriptor, ulong Cookie)> space in sockets.GroupBy(static socket => socket.Namespace))
        {
            string? refusal = null;
            if (!space.Any(socket => TryRun(socket.ProcessId, socket.Descriptor, socket.Cookie, action, out refusal)))
            {
                onRefusal(space.Key, refusal!);
            }
        }
    }

    private static bool TryRun(int processId, int descriptor, ulong cookie, Action action, out string? refusal)
    {
        try
        {
            using SafeSocketDescriptor socket = ForeignDescriptor.Open(processId, descriptor, cookie);
            Run(socket, () =>
            {
                action();
                return true;
            });
            refusal = null;
            return true;
        }
        catch (Exception e) when (e is SocketAccessException or BpfException)
        {
            // The socket is gone, or may not be taken, or its namespace not be entered.
            refusal = e.Message;
            return false;
        }
    }
}
