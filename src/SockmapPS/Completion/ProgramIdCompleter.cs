using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Completion;

/// <summary>Offers the ids of the programs in the kernel, and tells what they are.</summary>
public sealed class ProgramIdCompleter : IArgumentCompleter
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
            return [.. new BpfInventory(new() { FindHolders = false, FindPins = false, Problem = static _ => { } }).Programs()
                .Select(static item => (Id: item.Id.ToString(CultureInfo.InvariantCulture), ToolTip: $"{item.Type} program {item.Id} {item.Name}".TrimEnd()))
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
