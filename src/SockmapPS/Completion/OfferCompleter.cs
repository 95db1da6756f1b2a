using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bpf;
using Sockmap.Bypasses;

namespace SockmapPS.Completion;

/// <summary>Offers what begins with what was typed, quoted as it has to be, and no more than one can look through.</summary>
public abstract class OfferCompleter : IArgumentCompleter
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
            string typed = CompletionText.Unquote(wordToComplete);
            return [.. Find(commandName, parameterName, typed, fakeBoundParameters)
                .Where(offer => offer.Text.Length > 0 && offer.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                .Take(MostOffers)
                .Select(offer => CompletionText.Offer(offer.Text, wordToComplete, offer.ToolTip))];
        }
        catch (Exception exception) when (exception is BypassException or BpfException or IOException or UnauthorizedAccessException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }

    /// <summary>All that may be meant; what does not begin with <paramref name="typed"/> is left out afterwards.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="typed">What was typed of the value, without quotes.</param>
    /// <param name="bound">The values of other parameters, as far as they are known.</param>
    private protected abstract IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound);
}
