using System.Management.Automation;
using Sockmap.Policies;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>Remove-SockmapPolicy: takes a policy away; everything passes from then on.</summary>
[Cmdlet(VerbsCommon.Remove, "SockmapPolicy", SupportsShouldProcess = true)]
public sealed class RemoveSockmapPolicyCommand : PolicyCommand
{
    /// <summary>Names and wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PolicyNameCompleter))]
    public string[] Name { get; set; } = [PolicySettings.DefaultName];

    /// <summary>Also one that another version of SockmapPS made.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        PolicyManager manager = OpenPolicies();
        ForEachPolicy(manager, Name, name =>
        {
            if (ShouldProcess($"policy '{name}'", "Remove"))
            {
                manager.Remove(name, Force, StopToken);
            }
        });
    }
}
