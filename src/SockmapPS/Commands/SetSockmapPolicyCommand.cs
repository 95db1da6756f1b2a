using System.Management.Automation;
using Sockmap.Policies;
using SockmapPS.Completion;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Set-SockmapPolicy: changes a policy, its rules too, in one step.</summary>
[Cmdlet(VerbsCommon.Set, "SockmapPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(PolicyStatus))]
public sealed class SetSockmapPolicyCommand : PolicyCommand
{
    /// <summary>Names and wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PolicyNameCompleter))]
    public string[] Name { get; set; } = [PolicySettings.DefaultName];

    /// <summary>What is done with a message to send that no rule matches.</summary>
    [Parameter]
    [ValidateSet(nameof(PolicyAction.Pass), nameof(PolicyAction.Drop), nameof(PolicyAction.NoBypass))]
    public PolicyAction? DefaultEgressAction { get; set; }

    /// <summary>What is done with data that comes and no rule matches.</summary>
    [Parameter]
    [ValidateSet(nameof(PolicyAction.Pass), nameof(PolicyAction.Drop))]
    public PolicyAction? DefaultIngressAction { get; set; }

    /// <summary>Whether it judges; $false lets everything pass.</summary>
    [Parameter]
    public bool? Enabled { get; set; }

    /// <summary>All its rules, in order: what Get-SockmapPolicyRule emits, or objects or hash tables with the same properties.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [PolicyRuleArgument]
    public PolicyRule[]? Rule { get; set; }

    /// <summary>Emits the policy.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        PolicyManager manager = OpenPolicies();
        PolicyChange change = new()
        {
            DefaultEgressAction = DefaultEgressAction,
            DefaultIngressAction = DefaultIngressAction,
            Enabled = Enabled,
            Rules = Rule is null ? null : [.. Rule.Select(rule => rule with { Cgroups = [.. rule.Cgroups.Select(ResolveFolder)] })],
        };
        ForEachPolicy(manager, Name, name =>
        {
            if (!ShouldProcess($"policy '{name}'", Rule is null ? "Change" : $"Change, and replace its rules by {Rule.Length}"))
            {
                return;
            }

            PolicyStatus policy = manager.Change(name, change, StopToken);
            if (PassThru)
            {
                WriteObject(policy);
            }
        });
    }
}
