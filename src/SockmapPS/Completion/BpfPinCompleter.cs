using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Completion;

/// <summary>Offers the pins on every bpffs; to a cmdlet that looks at one kind of object, those of that kind.</summary>
public sealed class BpfPinCompleter : IArgumentCompleter
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
            return [.. new BpfInventory(new() { Problem = static _ => { } }).Pins()
                .Where(pin => pin.Path.StartsWith(typed, StringComparison.Ordinal) && Suits(commandName, pin.Kind))
                .Take(MostOffers)
                .Select(pin => CompletionText.Offer(pin.Path, wordToComplete, $"{pin.Type} {pin.Kind} {pin.Name}".TrimEnd()))];
        }
        catch (BpfException)
        {
            // A Tab key shows no errors; the command itself will tell this one.
            return [];
        }
    }

    private static bool Suits(string command, ObjectKind kind) => command.ToUpperInvariant() switch
    {
        "GET-BPFMAP" => kind == ObjectKind.Map,
        "GET-BPFLINK" => kind == ObjectKind.Link,
        "GET-BPFPROGRAM" or "GET-BPFPROGRAMINSTRUCTION" => kind == ObjectKind.Program,
        _ => true,
    };
}
