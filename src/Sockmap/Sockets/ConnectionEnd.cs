using System.Net;
using System.Runtime.InteropServices;

namespace Sockmap.Sockets;

/// <summary>One socket of a connection and all who hold it.</summary>
internal sealed class ConnectionEnd(HeldSocket first)
{
    private readonly SortedDictionary<int, string> _processes = new() { [first.ProcessId] = first.ProcessName };

    /// <summary>
    /// The socket in the hands of this process where it holds it, which needs nobody's leave, else of the holder with the
    /// lowest id; and there by its lowest descriptor.
    /// </summary>
    public HeldSocket Socket { get; private set; } = first;

    public IReadOnlyList<int> ProcessIds => _processes.Keys.ToArray();

    public IReadOnlyList<string> ProcessNames => _processes.Values.ToArray();

    public Tuple Addresses => new(Socket.LocalAddress!, Socket.LocalPort, Socket.RemoteAddress!, Socket.RemotePort);

    public void AddHolder(HeldSocket holder)
    {
        _processes[holder.ProcessId] = holder.ProcessName;
        if (Rank(holder).CompareTo(Rank(Socket)) < 0)
        {
            Socket = holder;
        }
    }

    private static (bool IsOther, int ProcessId, int Descriptor) Rank(HeldSocket holder) =>
        (holder.ProcessId != Environment.ProcessId, holder.ProcessId, holder.Descriptor);

    /// <summary>The addresses of a connection from one end.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Tuple(IPAddress LocalAddress, int LocalPort, IPAddress RemoteAddress, int RemotePort)
    {
        public Tuple Mirrored => new(RemoteAddress, RemotePort, LocalAddress, LocalPort);
    }
}
