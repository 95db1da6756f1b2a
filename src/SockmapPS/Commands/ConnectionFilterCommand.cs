using System.Management.Automation;
using System.Net;
using Sockmap.Entries;
using Sockmap.Filters;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>What cmdlets share that choose sockets by their ends, processes and cgroups.</summary>
public abstract class ConnectionFilterCommand : SockmapCommand
{
    /// <summary>Only sockets whose own port is one of these.</summary>
    [Parameter]
    [PortRangeArgument]
    public PortRange[] LocalPort { get; set; } = [];

    /// <summary>Only sockets whose other end's port is one of these.</summary>
    [Parameter]
    [PortRangeArgument]
    public PortRange[] RemotePort { get; set; } = [];

    /// <summary>Only sockets with one of these ports at either end.</summary>
    [Parameter]
    [PortRangeArgument]
    public PortRange[] Port { get; set; } = [];

    /// <summary>Only sockets with an address in one of these networks at either end.</summary>
    [Parameter]
    [AddressRangeArgument]
    public IPNetwork[] Address { get; set; } = [];

    /// <summary>Only sockets that a process of one of these names has open.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] ProcessName { get; set; } = [];

    /// <summary>Only sockets that one of these processes has open.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int[] ProcessId { get; set; } = [];

    /// <summary>Only sockets of one of these cgroups or of those below.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[] Cgroup { get; set; } = [];

    /// <summary>The filter that the parameters make.</summary>
    private protected EntryFilter BuildFilter() => new()
    {
        LocalPorts = LocalPort,
        RemotePorts = RemotePort,
        Ports = Port,
        Addresses = Address,
        ProcessNames = [.. ProcessName.Select(pattern => new WildcardPattern(pattern, WildcardOptions.CultureInvariant)).Select(matcher => (Func<string, bool>)matcher.IsMatch)],
        ProcessIds = ProcessId,
        Cgroups = [.. Cgroup.Select(ResolveFolder)],
    };
}
