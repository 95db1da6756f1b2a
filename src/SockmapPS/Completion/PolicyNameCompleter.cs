using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bypasses;
using Sockmap.Policies;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the policies that are there, and shows their state.</summary>
public sealed class PolicyNameCompleter : IArgumentCompleter
{
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
            PolicyManager manager = new(new BypassManagerOptions { BpfFileSystem = fakeBoundParameters?["BpfFileSystem"] as string });
            string typed = CompletionText.Unquote(wordToComplete);
            return [.. manager.List()
                .Where(policy => policy.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                .Select(policy => CompletionText.Offer(policy.Name, wordToComplete, Describe(policy)))];
        }
        catch (BypassException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }

    private static string Describe(PolicyStatus policy) =>
        string.Create(CultureInfo.InvariantCulture, $"{policy.State}, {policy.Rules} rules, {policy.Cgroup ?? "all sockets"}");
}
