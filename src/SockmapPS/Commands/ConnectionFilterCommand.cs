using System.Management.Automation;
using System.Net;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Filters;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>What the cmdlets share that show sockets or connections: the filters.</summary>
public abstract class ConnectionFilterCommand : SockmapCommand, IConnectionFilter
{
    /// <summary>Only where an end's own port is one of these.</summary>
    [Parameter]
    [PortRangeArgument]
    public PortRange[] LocalPort { get; set; } = [];

    /// <summary>Only where the other end's port is one of these.</summary>
    [Parameter]
    [PortRangeArgument]
    public PortRange[] RemotePort { get; set; } = [];

    /// <summary>Only where either port is one of these.</summary>
    [Parameter]
    [PortRangeArgument]
    public PortRange[] Port { get; set; } = [];

    /// <summary>Only where either address is in one of these.</summary>
    [Parameter]
    [AddressRangeArgument]
    public IPNetwork[] Address { get; set; } = [];

    /// <summary>Only where a process of one of these names holds the socket.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] ProcessName { get; set; } = [];

    /// <summary>Only where one of these processes holds the socket.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[] ProcessId { get; set; } = [];

    /// <summary>Only sockets of these cgroups and those below them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[] Cgroup { get; set; } = [];

    /// <summary>TCP states that a cmdlet chooses by; all where it is empty.</summary>
    private protected virtual IReadOnlyList<SocketState> States => [];

    /// <summary>What the parameters choose; ends the cmdlet where a cgroup is none.</summary>
    private protected EntryFilter BuildFilter()
    {
        try
        {
            return this.ToFilter(ResolveFolder, States);
        }
        catch (BypassException exception)
        {
            ThrowTerminatingError(exception.ToErrorRecord(Cgroup));
            throw;
        }
    }
}
