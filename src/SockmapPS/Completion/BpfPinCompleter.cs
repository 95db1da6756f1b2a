using System.Collections;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Completion;

/// <summary>Offers the pins on every bpffs; to a cmdlet that looks at one kind of object, those of that kind.</summary>
public sealed class BpfPinCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound) =>
        new BpfInventory(new() { Problem = static _ => { } }).Pins()
            .Where(pin => Suits(command, pin.Kind))
            .Select(static pin => new CompletionOffer(pin.Path, $"{pin.Type} {pin.Kind} {pin.Name}".TrimEnd()));

    private static bool Suits(string command, ObjectKind kind) => command.ToUpperInvariant() switch
    {
        "GET-BPFMAP" => kind == ObjectKind.Map,
        "GET-BPFLINK" => kind == ObjectKind.Link,
        "GET-BPFPROGRAM" or "GET-BPFPROGRAMINSTRUCTION" => kind == ObjectKind.Program,
        _ => true,
    };
}
