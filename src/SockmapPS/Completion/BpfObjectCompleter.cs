using System.Collections;
using System.Globalization;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Completion;

/// <summary>Offers names or ids of the objects that a cmdlet looks at.</summary>
public sealed class BpfObjectCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound)
    {
        bool names = string.Equals(parameter, "Name", StringComparison.OrdinalIgnoreCase);
        return Objects(command)
            .Select(item => new CompletionOffer(names ? item.Name : item.Id.ToString(CultureInfo.InvariantCulture), item.Description))
            .DistinctBy(static offer => offer.Text, StringComparer.Ordinal);
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
