using System.Management.Automation;
using System.Net;
using Sockmap.Bypasses;
using Sockmap.Filters;
using Sockmap.Policies;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>
/// Add-SockmapPolicyRule: adds a rule to a policy. What Get-SockmapPolicyRule emits binds to it by property name; what one
/// pipeline brings for a policy is added in one step.
/// </summary>
[Cmdlet(VerbsCommon.Add, "SockmapPolicyRule", SupportsShouldProcess = true)]
[OutputType(typeof(PolicyRuleStatus))]
public sealed class AddSockmapPolicyRuleCommand : PolicyCommand
{
    private readonly Dictionary<(string Policy, string? BpfFileSystem), List<PolicyRule>> _rules = [];

    /// <summary>The policy.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PolicyNameCompleter))]
    public string Policy { get; set; } = PolicySettings.DefaultName;

    /// <summary>What is sent, or what comes.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public PolicyDirection Direction { get; set; }

    /// <summary>What is done with what matches.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public PolicyAction Action { get; set; }

    /// <summary>Networks of the other end.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AddressRangeArgument]
    public IPNetwork[] RemoteAddress { get; set; } = [];

    /// <summary>Ports of the other end.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PortRangeArgument]
    public PortRange[] RemotePort { get; set; } = [];

    /// <summary>Networks of the socket's own end.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AddressRangeArgument]
    public IPNetwork[] LocalAddress { get; set; } = [];

    /// <summary>Ports of the socket's own end.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PortRangeArgument]
    public PortRange[] LocalPort { get; set; } = [];

    /// <summary>Folders of cgroups; those below them count too.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[] Cgroup { get; set; } = [];

    /// <summary>Users whose sockets these are.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    public uint[] Uid { get; set; } = [];

    /// <summary>Place of the rule, from 1; the last where none is given.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Position { get; set; }

    /// <summary>Emits the rule.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        PolicyRule rule = new()
        {
            Direction = Direction,
            Action = Action,
            RemoteAddresses = RemoteAddress,
            RemotePorts = RemotePort,
            LocalAddresses = LocalAddress,
            LocalPorts = LocalPort,
            Cgroups = [.. Cgroup.Select(ResolveFolder)],
            UserIds = Uid,
        };
        if (!ShouldProcess($"policy '{Policy}'", $"Add a rule: {Direction} {Action}"))
        {
            return;
        }

        if (!_rules.TryGetValue((Policy, BpfFileSystem), out List<PolicyRule>? rules))
        {
            _rules[(Policy, BpfFileSystem)] = rules = [];
        }

        rules.Add(rule);
    }

    /// <inheritdoc />
    protected override void EndProcessing()
    {
        foreach (((string policy, string? bpfFileSystem), List<PolicyRule> rules) in _rules)
        {
            IReadOnlyList<PolicyRuleStatus>? added = null;
            PolicyManager manager = new(OptionsFor(bpfFileSystem));
            if (TryRun(() => added = manager.AddRules(policy, rules, Position, StopToken), error => TargetOf(error, policy)) && PassThru)
            {
                WriteObject(added, enumerateCollection: true);
            }
        }
    }

    private object? TargetOf(BypassError error, string policy) =>
        error is BypassError.CgroupNotFound or BypassError.NotACgroup ? Cgroup : policy;
}
