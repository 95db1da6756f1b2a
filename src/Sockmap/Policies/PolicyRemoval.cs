using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bypasses.Store;
using Sockmap.Policies.Store;

namespace Sockmap.Policies;

/// <summary>
/// Takes a policy away, whatever part of it is there: it stops judging in one step, then its gates leave the bypasses, its
/// programs their hooks, its sockets the map, and then its pins go. Nothing is redirected to its sockets, so that no byte
/// can be lost with them.
/// </summary>
internal static class PolicyRemoval
{
    /// <summary>The lock of the bypasses' store is to be held.</summary>
    public static void Run(PolicyFolder folder, BypassStore? bypasses, Action<string> log)
    {
        if (PolicyReader.ReadConfig(folder) is { } config)
        {
            if (folder.MissingPins.Count == 0 && RuleSwitch.Read(folder) is { IsEnabled: true } set)
            {
                RuleSwitch.Write(folder, set with { IsEnabled = false }, []);
                log($"Policy '{folder.Name}' judges nothing any more.");
            }

            foreach (BypassFolder bypass in (bypasses?.ListNames() ?? []).Select(name => bypasses!.FolderOf(name)))
            {
                PolicyGates.TakeOut(folder, config, bypass, log);
            }

            using BpfMap? refused = BypassFolder.TryOpenMap(folder.Refused);
            if (bypasses is not null && refused?.EnumerateKeys<ulong>().ToHashSet() is { Count: > 0 } cookies)
            {
                RefusedSockets.Leave(bypasses, cookies, log, CancellationToken.None);
            }
        }

        Unpin(folder);
        log($"Removed {folder.Path}.");
    }

    private static void Unpin(PolicyFolder folder)
    {
        PolicyHooks.DetachAll(folder);
        PolicyMembers.LetAllGo(folder);
        string unfinished = folder.Unfinished.Path;
        if (folder.Exists && !string.Equals(folder.Path, unfinished, StringComparison.Ordinal))
        {
            BpfFileSystem.Rename(folder.Path, unfinished);
        }

        BpfFileSystem.RemoveDirectory(unfinished);
    }
}
