using System.Collections;
using System.Globalization;
using Sockmap.Bpf.Inspection;

namespace SockmapPS.Completion;

/// <summary>Offers the ids of the links in the kernel, and tells what they are.</summary>
public sealed class LinkIdCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound) =>
        new BpfInventory(new() { FindHolders = false, FindPins = false, Problem = static _ => { } }).Links()
            .Select(static link => new CompletionOffer(
                link.Id.ToString(CultureInfo.InvariantCulture),
                $"{link.Type} link {link.Id} of program {link.ProgId} {link.ProgName}".TrimEnd()));
}
