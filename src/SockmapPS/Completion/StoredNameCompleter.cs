using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bypasses;

namespace SockmapPS.Completion;

/// <summary>Offers the names of what is pinned on the bpffs that the command names, and shows what each one is.</summary>
public abstract class StoredNameCompleter : IArgumentCompleter
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
            string typed = CompletionText.Unquote(wordToComplete);
            return [.. Find(fakeBoundParameters?["BpfFileSystem"] as string, typed)
                .Where(offer => offer.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                .Select(offer => CompletionText.Offer(offer.Text, wordToComplete, offer.ToolTip))];
        }
        catch (BypassException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }

    /// <summary>All that may be meant; what does not begin with <paramref name="typed"/> is left out afterwards.</summary>
    private protected abstract IEnumerable<CompletionOffer> Find(string? bpfFileSystem, string typed);
}
