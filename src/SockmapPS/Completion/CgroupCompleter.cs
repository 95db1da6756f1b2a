using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bypasses;
using Sockmap.Cgroups;

namespace SockmapPS.Completion;

/// <summary>Offers the folders of the cgroup v2 mount, one level at a time.</summary>
public sealed class CgroupCompleter : IArgumentCompleter
{
    private const int MostOffers = 1000;

    /// <inheritdoc />
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        try
        {
            return [.. CgroupHierarchy.Complete(CompletionText.Unquote(wordToComplete))
                .Take(MostOffers)
                .Select(path => CompletionText.Offer(path, wordToComplete, $"cgroup {path}"))];
        }
        catch (Exception exception) when (exception is BypassException or IOException or UnauthorizedAccessException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }
}
