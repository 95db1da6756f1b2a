using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Completion;

/// <summary>Offers names or ids of the objects that a cmdlet looks at.</summary>
public sealed class BpfObjectCompleter : IArgumentCompleter
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
            bool names = string.Equals(parameterName, "Name", StringComparison.OrdinalIgnoreCase);
            return [.. Objects(commandName)
                .Select(item => (Text: names ? item.Name : item.Id.ToString(CultureInfo.InvariantCulture), item.Description))
                .Where(item => item.Text.Length > 0 && item.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
                .DistinctBy(static item => item.Text, StringComparer.Ordinal)
                .Take(MostOffers)
                .Select(item => CompletionText.Offer(item.Text, wordToComplete, item.Description))];
        }
        catch (BpfException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }

    private static IEnumerable<(uint Id, string Name, string Description)> Objects(string command)
    {
        BpfInventory inventory = new(new() { FindHolders = false, FindPins = false, Problem = static _ => { } });
        return command.ToUpperInvariant() switch
        {
            "GET-BPFMAP" => inventory.Maps().Select(static map => (map.Id, map.Name, Describe($"{map.Type} map {map.Id} {map.Name}"))),
            "GET-BPFLINK" => inventory.Links().Select(static link => (link.Id, link.ProgName, Describe($"{link.Type} link {link.Id} to program {link.ProgId} {link.ProgName}"))),
            "GET-BPFBTF" => inventory.BtfObjects().Select(static btf => (btf.Id, btf.Name, Describe($"BTF {btf.Id} {btf.Name}, {btf.Size} bytes"))),
            _ => inventory.Programs().Select(static program => (program.Id, program.Name, Describe($"{program.Type} program {program.Id} {program.Name}"))),
        };
    }

    private static string Describe(FormattableString text) => FormattableString.Invariant(text).TrimEnd();
}
