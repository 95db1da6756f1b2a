using System.Collections;
using System.Globalization;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Completion;

/// <summary>Offers the ids of the programs in the kernel, and tells what they are.</summary>
public sealed class ProgramIdCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound) =>
        new BpfInventory(new() { FindHolders = false, FindPins = false, Problem = static _ => { } }).Programs()
            .Select(static program => new CompletionOffer(
                program.Id.ToString(CultureInfo.InvariantCulture),
                $"{program.Type} program {program.Id} {program.Name}".TrimEnd()));
}
