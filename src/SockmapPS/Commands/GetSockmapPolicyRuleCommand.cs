using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Policies;
using SockmapPS.Completion;
using SockmapPS.Errors;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapPolicyRule: the rules of policies with their counters, in the order in which they are asked.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapPolicyRule")]
[OutputType(typeof(PolicyRuleStatus))]
public sealed class GetSockmapPolicyRuleCommand : PolicyCommand
{
    /// <summary>Policies, by names and wildcards; every policy where none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PolicyNameCompleter))]
    public string[]? Policy { get; set; }

    /// <summary>Only the rules with these ids.</summary>
    [Parameter]
    public uint[]? Id { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        PolicyManager manager = OpenPolicies();
        HashSet<uint> found = [];
        ForEachPolicy(manager, Policy, name =>
        {
            foreach (PolicyRuleStatus rule in manager.GetRules(name).Where(rule => Id is null || Id.Contains(rule.Id)))
            {
                found.Add(rule.Id);
                WriteObject(rule);
            }
        });
        foreach (uint missing in (Id ?? []).Distinct().Where(id => !found.Contains(id)))
        {
            WriteError(new BypassException(BypassError.PolicyRuleNotFound, $"No rule has the id {missing}: list them with Get-SockmapPolicyRule, without an id.").ToErrorRecord(missing));
        }
    }
}
