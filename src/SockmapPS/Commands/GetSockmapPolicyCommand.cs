using System.Management.Automation;
using Sockmap.Policies;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapPolicy: the policies that are there, as the kernel shows them.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapPolicy")]
[OutputType(typeof(PolicyStatus))]
public sealed class GetSockmapPolicyCommand : PolicyCommand
{
    /// <summary>Names and wildcards; every policy where none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PolicyNameCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        PolicyManager manager = OpenPolicies();
        ForEachPolicy(manager, Name, name => WriteObject(manager.Get(name)));
    }
}
