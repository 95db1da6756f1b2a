using System.Collections;
using System.Globalization;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;

namespace SockmapPS.Completion;

/// <summary>Offers the ids of the maps in the kernel, and shows what they are.</summary>
public sealed class MapIdCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound) =>
        BpfMap.EnumerateIds()
            .Select(static id => (Id: id, Text: id.ToString(CultureInfo.InvariantCulture)))
            .Where(map => map.Text.StartsWith(typed, StringComparison.Ordinal))
            .Select(static map => new CompletionOffer(map.Text, Describe(map.Id)));

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
