using System.Net;

namespace Sockmap.Entries;

/// <summary>One end of a TCP connection, as an <see cref="EntryFilter"/> looks at it.</summary>
public interface IConnectionEnd
{
    /// <summary>This end's address; null where none is known.</summary>
    public IPAddress? LocalAddress { get; }

    /// <summary>This end's port, host order.</summary>
    public int LocalPort { get; }

    /// <summary>The other end's address; null where none is known.</summary>
    public IPAddress? RemoteAddress { get; }

    /// <summary>The other end's port, host order.</summary>
    public int RemotePort { get; }

    /// <summary>TCP state of the socket; <see cref="SocketState.Unknown"/> where it was not read.</summary>
    public SocketState State { get; }

    /// <summary>Path of the socket's cgroup; null where that is gone.</summary>
    public string? Cgroup { get; }

    /// <summary>Ids of the processes that have the socket open.</summary>
    public IReadOnlyList<int> ProcessId { get; }

    /// <summary>Their names, in the same order.</summary>
    public IReadOnlyList<string> ProcessName { get; }
}
