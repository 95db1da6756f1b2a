using System.Collections;

namespace SockmapPS.Completion;

/// <summary>Offers the names of what is pinned on the bpffs that the command names, and shows what each one is.</summary>
public abstract class StoredNameCompleter : OfferCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string command, string parameter, string typed, IDictionary? bound) =>
        Find(bound?["BpfFileSystem"] as string, typed);

    /// <summary>All that may be meant there.</summary>
    private protected abstract IEnumerable<CompletionOffer> Find(string? bpfFileSystem, string typed);
}
