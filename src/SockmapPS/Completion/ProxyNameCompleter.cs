using Sockmap.Proxies;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the proxies, and shows where they listen and connect to.</summary>
public sealed class ProxyNameCompleter : StoredNameCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string? bpfFileSystem, string typed) =>
        new ProxyManager(new ProxyManagerOptions { BpfFileSystem = bpfFileSystem }).List().Select(static proxy => new CompletionOffer(
            proxy.Name,
            $"{proxy.State}, {string.Join(", ", proxy.Listen)} to {string.Join(", ", proxy.To)}"));
}
