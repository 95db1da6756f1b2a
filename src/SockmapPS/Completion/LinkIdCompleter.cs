using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Completion;

/// <summary>Offers the ids of the links in the kernel, and tells what they are.</summary>
public sealed class LinkIdCompleter : IArgumentCompleter
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
            return [.. new BpfInventory(new() { FindHolders = false, FindPins = false, Problem = static _ => { } }).Links()
                .Select(static item => (Id: item.Id.ToString(CultureInfo.InvariantCulture), ToolTip: $"{item.Type} link {item.Id} of program {item.ProgId} {item.ProgName}".TrimEnd()))
                .Where(item => item.Id.StartsWith(wordToComplete, StringComparison.Ordinal))
                .Take(MostOffers)
                .Select(item => CompletionText.Offer(item.Id, wordToComplete, item.ToolTip))];
        }
        catch (BpfException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }
}
