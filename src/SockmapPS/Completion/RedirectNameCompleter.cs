using Sockmap.Bypasses;
using Sockmap.Redirects;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the redirects that there are, and shows what they do.</summary>
public sealed class RedirectNameCompleter : StoredNameCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string? bpfFileSystem, string typed) =>
        new RedirectManager(new BypassManagerOptions { BpfFileSystem = bpfFileSystem }).List().Select(static redirect => new CompletionOffer(
            redirect.Name,
            $"{redirect.State}, {redirect.Mode}, {redirect.From} > {redirect.To}"));
}
