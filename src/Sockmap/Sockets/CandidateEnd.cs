using System.Net;
using Sockmap.Entries;

namespace Sockmap.Sockets;

/// <summary>One end of a candidate, as filters look at it.</summary>
internal sealed class CandidateEnd(ConnectionCandidate candidate, bool isConnecting) : IConnectionEnd
{
    public IPAddress LocalAddress => isConnecting ? candidate.LocalAddress : candidate.RemoteAddress;

    public int LocalPort => isConnecting ? candidate.LocalPort : candidate.RemotePort;

    public IPAddress RemoteAddress => isConnecting ? candidate.RemoteAddress : candidate.LocalAddress;

    public int RemotePort => isConnecting ? candidate.RemotePort : candidate.LocalPort;

    public SocketState State => SocketState.Established;

    public string? Cgroup => isConnecting ? candidate.Cgroup : candidate.RemoteCgroup;

    public IReadOnlyList<int> ProcessId => isConnecting ? candidate.ProcessIds : candidate.RemoteProcessIds;

    public IReadOnlyList<string> ProcessName => isConnecting ? candidate.ProcessNames : candidate.RemoteProcessNames;
}
