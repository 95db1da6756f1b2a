using System.Globalization;
using Sockmap.Bypasses;

namespace SockmapPS.Completion;

/// <summary>Offers the names of the bypasses that are installed, and shows their state.</summary>
public sealed class BypassNameCompleter : StoredNameCompleter
{
    private protected override IEnumerable<CompletionOffer> Find(string? bpfFileSystem, string typed)
    {
        BypassManager manager = new(new BypassManagerOptions { BpfFileSystem = bpfFileSystem });
        return manager.ListNames()
            .Where(name => name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionOffer(name, Describe(manager, name)));
    }

    private static string Describe(BypassManager manager, string name)
    {
        try
        {
            BypassStatus bypass = manager.Get(name);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{bypass.State}, {bypass.Entries} sockets, {bypass.Cgroup ?? "cgroup not found"}");
        }
        catch (BypassException exception)
        {
            return exception.Message;
        }
    }
}
