using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Policies;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>New-SockmapPolicy: makes a policy without rules, which judges what TCP sockets send and what comes to them.</summary>
[Cmdlet(VerbsCommon.New, "SockmapPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(PolicyStatus))]
public sealed class NewSockmapPolicyCommand : PolicyCommand
{
    /// <summary>Name of the policy.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = PolicySettings.DefaultName;

    /// <summary>Folder of the cgroup whose sockets are judged; all sockets of the host where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string? Cgroup { get; set; }

    /// <summary>What is done with a message to send that no rule matches.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet(nameof(PolicyAction.Pass), nameof(PolicyAction.Drop), nameof(PolicyAction.NoBypass))]
    public PolicyAction DefaultEgressAction { get; set; }

    /// <summary>What is done with data that comes and no rule matches.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet(nameof(PolicyAction.Pass), nameof(PolicyAction.Drop))]
    public PolicyAction DefaultIngressAction { get; set; }

    /// <summary>How many sockets that are in no bypass it holds.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int MaxEntries { get; set; } = PolicySettings.DefaultMaxEntries;

    /// <summary>Emits the policy.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        PolicySettings settings = new()
        {
            Name = Name,
            Cgroup = Cgroup is null ? null : ResolveFolder(Cgroup),
            DefaultEgressAction = DefaultEgressAction,
            DefaultIngressAction = DefaultIngressAction,
            MaxEntries = MaxEntries,
        };
        string place = settings.Cgroup is null ? "all sockets" : $"sockets of cgroup {settings.Cgroup}";
        PolicyStatus? policy = null;
        if (!ShouldProcess($"policy '{Name}' for {place}", "Make") || !TryRun(() => policy = OpenPolicies().Create(settings, StopToken), TargetOf))
        {
            return;
        }

        TellProblems(policy!);
        if (PassThru)
        {
            WriteObject(policy);
        }
    }

    private object? TargetOf(BypassError error) =>
        error is BypassError.CgroupNotFound or BypassError.NotACgroup or BypassError.PolicyOverlap ? Cgroup ?? Name : Name;
}
