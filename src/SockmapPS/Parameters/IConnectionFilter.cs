using System.Net;
using Sockmap.Filters;

namespace SockmapPS.Parameters;

/// <summary>The parameters by which connections and sockets are chosen, the same in every cmdlet that has them.</summary>
internal interface IConnectionFilter
{
    /// <summary>An end's own ports.</summary>
    public PortRange[] LocalPort { get; }

    /// <summary>The other end's ports.</summary>
    public PortRange[] RemotePort { get; }

    /// <summary>Ports of either end.</summary>
    public PortRange[] Port { get; }

    /// <summary>Networks of either end.</summary>
    public IPNetwork[] Address { get; }

    /// <summary>Names of processes, with wildcards.</summary>
    public string[] ProcessName { get; }

    /// <summary>Ids of processes.</summary>
    public int[] ProcessId { get; }

    /// <summary>Folders of cgroups.</summary>
    public string[] Cgroup { get; }
}
