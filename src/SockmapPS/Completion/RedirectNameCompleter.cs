using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bypasses;
using Sockmap.Redirects;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the redirects that there are, and shows what they do.</summary>
public sealed class RedirectNameCompleter : IArgumentCompleter
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
            RedirectManager manager = new(new BypassManagerOptions { BpfFileSystem = fakeBoundParameters?["BpfFileSystem"] as string });
            string typed = CompletionText.Unquote(wordToComplete);
            return [.. manager.List()
                .Where(redirect => redirect.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                .Select(redirect => CompletionText.Offer(redirect.Name, wordToComplete, $"{redirect.State}, {redirect.Mode}, {redirect.From} > {redirect.To}"))];
        }
        catch (BypassException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }
}
