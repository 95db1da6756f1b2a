using Sockmap.Bpf;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Store;
using Sockmap.Policies.Layout;
using Sockmap.Policies.Store;

namespace Sockmap.Policies;

/// <summary>
/// The gates of policies in the program arrays of bypasses: before a bypass's verdict a message passes one program of each
/// policy, which refuses it, or keeps it on TCP, or lets it go on. To change them takes the lock of the bypasses' store.
/// </summary>
internal static class PolicyGates
{
    /// <summary>Places the gates of all policies in a bypass that is being built.</summary>
    public static void PlaceAll(string? bpfFileSystem, BypassFolder bypass, Action<string> log)
    {
        if (BypassStore.Find(bpfFileSystem, PolicyFolder.StoreName) is not { } policies)
        {
            return;
        }

        foreach (PolicyFolder policy in policies.ListNames().Select(name => new PolicyFolder(policies.FolderOf(name))))
        {
            try
            {
                if (PolicyReader.ReadConfig(policy) is { } config && policy.MissingPins.Count == 0)
                {
                    Place(policy, config, bypass, log);
                }
            }
            catch (BpfException e) when (e.Errno == Errno.ENOENT)
            {
                log($"Policy '{policy.Name}' is being removed.");
            }
        }
    }

    /// <summary>Has a policy judge what a bypass redirects; nothing where it does so.</summary>
    public static void Place(PolicyFolder policy, PolicyConfig config, BypassFolder bypass, Action<string> log)
    {
        using BpfMap? slot = BypassFolder.TryOpenMap(bypass.Slot);
        if (slot is null || new BypassSlots(slot) is not { TakesGates: true } slots || slots.HasGate(config.Number))
        {
            return;
        }

        using BpfMap generation = BpfMap.OpenPinned(policy.Generation);
        using BpfMap sets = BpfMap.OpenPinned(policy.Sets);
        using BpfMap counters = BpfMap.OpenPinned(policy.Counters);
        using BpfMap storage = BpfMap.OpenPinned(policy.Storage);
        using BpfMap refused = BpfMap.OpenPinned(policy.Refused);
        using BpfObject loaded = PolicyObject.LoadGate(config, new Dictionary<string, BpfMap>(StringComparer.Ordinal)
        {
            [PolicyObject.Generation] = generation,
            [PolicyObject.Sets] = sets,
            [PolicyObject.Counters] = counters,
            [PolicyObject.Storage] = storage,
            [PolicyObject.Refused] = refused,
            [PolicyObject.Slot] = slot,
        });
        SetJudged(bypass, true);
        slots.AddGate(config.Number, loaded.Programs[PolicyObject.Gate]);
        log($"Policy '{policy.Name}' judges what bypass '{bypass.Name}' redirects.");
    }

    /// <summary>Takes a policy's gate out of a bypass.</summary>
    public static void TakeOut(PolicyFolder policy, PolicyConfig config, BypassFolder bypass, Action<string> log)
    {
        using BpfMap? slot = BypassFolder.TryOpenMap(bypass.Slot);
        if (slot is null || new BypassSlots(slot) is not { } slots || !slots.HasGate(config.Number))
        {
            return;
        }

        slots.RemoveGate(config.Number);
        SetJudged(bypass, slots.HasGates);
        log($"Policy '{policy.Name}' no longer judges what bypass '{bypass.Name}' redirects.");
    }

    /// <summary>Where policies judge, no socket leaves the bypass by itself: nobody would judge what it sends outside.</summary>
    private static void SetJudged(BypassFolder bypass, bool isJudged)
    {
        using BpfMap? judged = BypassFolder.TryOpenMap(bypass.Judged);
        judged?.Update(0u, isJudged ? 1u : 0u);
    }

    /// <summary>Whether a policy's gate is in a bypass.</summary>
    public static bool IsIn(PolicyConfig config, BypassFolder bypass)
    {
        using BpfMap? slot = BypassFolder.TryOpenMap(bypass.Slot);
        return slot is not null && new BypassSlots(slot).HasGate(config.Number);
    }
}
