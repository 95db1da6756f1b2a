using System.Management.Automation;
using System.Net;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Filters;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>
/// What the cmdlets share that put connections into a bypass or take them out: the filters, which here are one way among
/// others to name connections, and must not mean all by being left out.
/// </summary>
public abstract class ConnectionChangeCommand : SockmapCommand, IConnectionFilter
{
    internal const string FilterSet = "Filter";

    /// <summary>Only where an end's own port is one of these.</summary>
    [Parameter(ParameterSetName = FilterSet)]
    [PortRangeArgument]
    public PortRange[] LocalPort { get; set; } = [];

    /// <summary>Only where the other end's port is one of these.</summary>
    [Parameter(ParameterSetName = FilterSet)]
    [PortRangeArgument]
    public PortRange[] RemotePort { get; set; } = [];

    /// <summary>Only where either port is one of these.</summary>
    [Parameter(ParameterSetName = FilterSet)]
    [PortRangeArgument]
    public PortRange[] Port { get; set; } = [];

    /// <summary>Only where either address is in one of these.</summary>
    [Parameter(ParameterSetName = FilterSet)]
    [AddressRangeArgument]
    public IPNetwork[] Address { get; set; } = [];

    /// <summary>Only where a process of one of these names holds the socket.</summary>
    [Parameter(ParameterSetName = FilterSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] ProcessName { get; set; } = [];

    /// <summary>Only where one of these processes holds the socket.</summary>
    [Parameter(ParameterSetName = FilterSet)]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[] ProcessId { get; set; } = [];

    /// <summary>Only sockets of these cgroups and those below them.</summary>
    [Parameter(ParameterSetName = FilterSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[] Cgroup { get; set; } = [];

    /// <summary>Emits the sockets.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <summary>What the parameters choose.</summary>
    private protected EntryFilter Filter { get; private set; } = new();

    /// <summary>Whether the connections are named by filters.</summary>
    private protected bool HasFilter => this.IsGiven();

    /// <summary>What to say where no filter is given.</summary>
    private protected abstract string MissingFilter { get; }

    /// <inheritdoc />
    protected override void BeginProcessing()
    {
        // With a pipeline it is not known yet which set it is to be, and an empty pipeline names no connection.
        if (ParameterSetName == FilterSet && !HasFilter && !MyInvocation.ExpectingInput)
        {
            ThrowTerminatingError(new ErrorRecord(new PSInvalidOperationException(MissingFilter), "FilterMissing", ErrorCategory.InvalidArgument, null));
        }

        try
        {
            Filter = this.ToFilter(ResolveFolder, []);
        }
        catch (BypassException exception)
        {
            ThrowTerminatingError(exception.ToErrorRecord(Cgroup));
        }
    }
}
