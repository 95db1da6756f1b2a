using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Policies;

namespace SockmapPS.Commands;

/// <summary>What every cmdlet about policies shares.</summary>
public abstract class PolicyCommand : SockmapCommand
{
    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <summary>A manager of the policies there.</summary>
    private protected PolicyManager OpenPolicies() => new(OptionsFor(BpfFileSystem));

    /// <summary>Runs work for each policy that the patterns mean, see <see cref="SockmapCommand.ForEachName"/>.</summary>
    private protected void ForEachPolicy(PolicyManager manager, string[]? patterns, Action<string> work) =>
        ForEachName(manager.ListNames, BypassError.PolicyNotFound, patterns, work);

    /// <summary>Warns of what is wrong with a policy.</summary>
    private protected void TellProblems(PolicyStatus policy)
    {
        foreach (string problem in policy.Problem)
        {
            WriteWarning($"Policy '{policy.Name}': {problem}");
        }
    }
}
