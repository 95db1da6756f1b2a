using Sockmap.Bpf.Maps;
using Sockmap.Cgroups;
using Sockmap.Sockets;

namespace SockmapPS.Output;

/// <summary>Joins what is in a sockmap of anybody's with the processes and cgroups of the sockets.</summary>
/// <param name="map">The map.</param>
/// <param name="processes">Who holds which socket; null where that is not wanted.</param>
internal sealed class SockmapMapReader(BpfMap map, ProcessTable? processes)
{
    private readonly uint _mapId = map.GetInfo().Id;
    private readonly CgroupPaths _cgroups = new();

    /// <summary>An entry as it is shown.</summary>
    public SockmapMapEntry ToOutput(SockmapMember member)
    {
        IReadOnlyList<SocketProcess> holders = processes?.Find(member.Cookie, member.Inode) ?? [];
        return new SockmapMapEntry
        {
            MapId = _mapId,
            MapName = map.Name,
            MapType = map.Type.ToString(),
            Key = MapValues.ToScript(member.Key),
            KeyBytes = member.KeyBytes,
            Protocol = member.Protocol,
            LocalAddress = member.LocalAddress,
            LocalPort = member.LocalPort,
            RemoteAddress = member.RemoteAddress,
            RemotePort = member.RemotePort,
            State = member.State,
            QueuedBytes = member.QueuedBytes,
            ProcessId = holders.Select(process => process.Id).ToArray(),
            ProcessName = holders.Select(process => process.Name).ToArray(),
            Cgroup = _cgroups.Find(member.CgroupId),
            CgroupId = member.CgroupId,
            Cookie = member.Cookie,
            Inode = member.Inode,
            NetworkNamespace = member.NetworkNamespace,
            NetworkNamespaceCookie = member.NetworkNamespaceCookie,
            UserId = member.UserId,
        };
    }
}
