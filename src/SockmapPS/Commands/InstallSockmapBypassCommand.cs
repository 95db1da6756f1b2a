using System.Globalization;
using System.Management.Automation;
using System.Net;
using Sockmap.Bypasses;
using Sockmap.Filters;
using SockmapPS.Completion;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>
/// Install-SockmapBypass: gives local TCP of a cgroup the short cut. What <c>Get-SockmapBypass</c> emits binds to it
/// by property name, so that a saved bypass can be installed again.
/// </summary>
[Cmdlet(VerbsLifecycle.Install, "SockmapBypass", SupportsShouldProcess = true)]
[OutputType(typeof(BypassStatus))]
public sealed class InstallSockmapBypassCommand : SockmapCommand
{
    /// <summary>Name of the bypass.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string Name { get; set; } = BypassSettings.DefaultName;

    /// <summary>Folder of the cgroup; the root of the cgroup v2 mount where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string? Cgroup { get; set; }

    /// <summary>Ports taken; none is every port.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PortRangeArgument]
    public PortRange[] Port { get; set; } = [];

    /// <summary>Ports not taken.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PortRangeArgument]
    public PortRange[] ExcludePort { get; set; } = [];

    /// <summary>Addresses taken; none is every address.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AddressRangeArgument]
    public IPNetwork[] Address { get; set; } = [];

    /// <summary>Addresses not taken.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AddressRangeArgument]
    public IPNetwork[] ExcludeAddress { get; set; } = [];

    /// <summary>IPv4, IPv6, or both.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet(nameof(AddressFamilies.Any), nameof(AddressFamilies.IPv4), nameof(AddressFamilies.IPv6))]
    public AddressFamilies Family { get; set; } = AddressFamilies.Any;

    /// <summary>Sockets that the map holds; a connection needs two.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int MaxEntries { get; set; } = BypassSettings.DefaultMaxEntries;

    /// <summary>Takes pairs across network namespaces too.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter CrossNamespace { get; set; }

    /// <summary>Keeps sockets in also where TCP serves them better.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter KeepSockets { get; set; }

    /// <summary>Also takes in connections that NAT leads to another socket of this host.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter ThroughNat { get; set; }

    /// <summary>Unread bytes at which messages spill to TCP; 0 is 2 MiB.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public uint QueueLimit { get; set; }

    /// <summary>The verdict program; the best that the kernel takes where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public BypassVariant? Variant { get; set; }

    /// <summary>How long a replacement waits for readers of the old bypass.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan Timeout { get; set; } = new InstallOptions().Timeout;

    /// <summary>Replaces a bypass of this name that has other settings.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Puts in what is established already and matches.</summary>
    [Parameter]
    public SwitchParameter IncludeEstablished { get; set; }

    /// <summary>Emits the bypass.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        BypassSettings settings = new()
        {
            Name = Name,
            Cgroup = Cgroup is null ? null : ResolveFolder(Cgroup),
            Ports = Port,
            ExcludedPorts = ExcludePort,
            Addresses = Address,
            ExcludedAddresses = ExcludeAddress,
            Family = Family,
            MaxEntries = MaxEntries,
            CrossNamespace = CrossNamespace,
            KeepSockets = KeepSockets,
            ThroughNat = ThroughNat,
            QueueLimit = QueueLimit,
            Variant = Variant,
        };
        InstallOptions options = new() { Replace = Force, Timeout = Timeout, IncludeEstablished = IncludeEstablished };
        string place = settings.Cgroup is null ? "the root of the cgroup v2 mount" : $"cgroup {settings.Cgroup}";
        if (!ShouldProcess($"bypass '{Name}' on {place}", IncludeEstablished ? "Install, and put in established connections" : "Install"))
        {
            return;
        }

        InstallResult? result = null;
        if (TryRun(() => result = OpenManager(BpfFileSystem).Install(settings, options, StopToken), TargetOf))
        {
            Tell(result!);
        }
    }

    private object? TargetOf(BypassError error) =>
        error is BypassError.CgroupNotFound or BypassError.NotACgroup or BypassError.NoCgroupMount
            ? Cgroup
            : Name;

    private void Tell(InstallResult result)
    {
        WriteVerbose(result.Outcome switch
        {
            InstallOutcome.AlreadyInstalled => $"Bypass '{Name}' was there with these settings; nothing was changed.",
            InstallOutcome.Repaired => $"Bypass '{Name}' was left half done by an earlier run; it was repaired.",
            InstallOutcome.Replaced => $"Bypass '{Name}' was replaced.",
            _ => $"Bypass '{Name}' was installed.",
        });
        if (result.Replaced is { IsComplete: false } replaced)
        {
            WriteWarning($"What bypass '{Name}' was before is not all gone: {RemainingText.Describe(replaced.Remaining)} "
                + "Their connections go on over TCP.");
        }

        foreach (string problem in result.Bypass.Problem)
        {
            WriteWarning($"Bypass '{Name}': {problem}");
        }

        if (result.Established is { } established)
        {
            Tell(established);
        }

        if (PassThru)
        {
            WriteObject(result.Bypass);
        }
    }

    private void Tell(EstablishedResult established)
    {
        if (established.Error is { } error)
        {
            WriteWarning($"Bypass '{Name}' is installed, but no established connection was put in: {error.Message}");
        }

        foreach (AdditionResult failed in established.Connections.Where(static connection => connection.Error is not null))
        {
            WriteWarning($"Bypass '{Name}' is installed; the established connection from {ConnectionText.Describe(failed.Candidate)} stays on TCP: {failed.Error!.Message}");
        }

        WriteVerbose(string.Create(
            CultureInfo.InvariantCulture,
            $"Established connections that were put into bypass '{Name}': {established.Connections.Count(static connection => connection.IsNew)}."));
    }
}
