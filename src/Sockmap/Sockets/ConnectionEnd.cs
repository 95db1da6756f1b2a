using System.Net;
using System.Runtime.InteropServices;

namespace Sockmap.Sockets;

/// <summary>One socket of a connection and all who hold it.</summary>
internal sealed class ConnectionEnd(HeldSocket first)
{
    private readonly SortedSet<int> _processIds = [first.ProcessId];

    /// <summary>The socket in the hands of the holder with the lowest id, and there by its lowest descriptor.</summary>
    public HeldSocket Socket { get; private set; } = first;

    public IReadOnlyList<int> ProcessIds => [.. _processIds];

    public Tuple Addresses => new(Socket.LocalAddress!, Socket.LocalPort, Socket.RemoteAddress!, Socket.RemotePort);

    public void AddHolder(HeldSocket holder)
    {
        _processIds.Add(holder.ProcessId);
        if ((holder.ProcessId, holder.Descriptor).CompareTo((Socket.ProcessId, Socket.Descriptor)) < 0)
        {
            Socket = holder;
        }
    }

    /// <summary>The addresses of a connection from one end.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Tuple(IPAddress LocalAddress, int LocalPort, IPAddress RemoteAddress, int RemotePort)
    {
        public Tuple Mirrored => new(RemoteAddress, RemotePort, LocalAddress, LocalPort);
    }
}
