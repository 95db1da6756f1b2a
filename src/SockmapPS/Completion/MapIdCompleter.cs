using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;

namespace SockmapPS.Completion;

/// <summary>Offers the ids of the maps in the kernel, and shows what they are.</summary>
public sealed class MapIdCompleter : IArgumentCompleter
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
            return [.. BpfMap.EnumerateIds()
                .Select(static id => (Id: id, Text: id.ToString(CultureInfo.InvariantCulture)))
                .Where(map => map.Text.StartsWith(typed, StringComparison.Ordinal))
                .Take(MostOffers)
                .Select(map => CompletionText.Offer(map.Text, wordToComplete, Describe(map.Id)))];
        }
        catch (BpfException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }

    private static string Describe(uint id)
    {
        try
        {
            using BpfMap map = BpfMap.OpenById(id);
            return string.Create(CultureInfo.InvariantCulture, $"{map}, key {map.KeySize} bytes, value {map.ValueSize} bytes, {map.MaxEntries} entries");
        }
        catch (BpfException exception)
        {
            return exception.Message;
        }
    }
}
