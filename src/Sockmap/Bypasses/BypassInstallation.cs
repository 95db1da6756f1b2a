using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;
using Sockmap.Sockets;

namespace Sockmap.Bypasses;

/// <summary>
/// Builds a bypass in a folder that is not yet published: everything loaded, pinned and attached, but the cgroup. Then
/// <see cref="Attach"/> is the one step that makes it work.
/// </summary>
internal sealed class BypassInstallation(BypassSettings settings, CgroupDirectory cgroup, Action<string> log)
{
    /// <summary>Loads and pins into <paramref name="folder"/>, which must not exist.</summary>
    public void Build(BypassFolder folder)
    {
        BypassConfig config = new()
        {
            CgroupId = cgroup.Id,
            WokenWakeFunction = ReaderSymbol.FindAddress(),
            InstalledAt = (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100,
        };
        using BpfObject loaded = Load(config, out BypassVariant variant);
        WriteAddresses(loaded.Maps[BypassObject.IncludedAddresses], settings.Addresses);
        WriteAddresses(loaded.Maps[BypassObject.ExcludedAddresses], settings.ExcludedAddresses);

        BpfFileSystem.CreateDirectory(folder.Path);
        BpfMap sockHash = loaded.Maps[BypassObject.SockHash];
        BpfProgram root = loaded.Programs[BypassObject.Root];
        BpfProgram verdict = loaded.Programs[BypassObject.VerdictOf(variant)];
        sockHash.Pin(folder.SockHash);
        loaded.Maps[BypassObject.Storage].Pin(folder.Storage);
        loaded.Maps[BypassObject.Counters].Pin(folder.Counters);
        loaded.Maps[BypassObject.Groups].Pin(folder.Groups);
        loaded.Maps[BypassObject.Slot].Pin(folder.Slot);
        loaded.Maps[BypassObject.Watchers].Pin(folder.Watchers);
        loaded.Maps[BypassObject.Lost].Pin(folder.Lost);
        loaded.Maps[BypassObject.Marks].Pin(folder.Marks);
        loaded.Maps[BypassObject.Judged].Pin(folder.Judged);
        loaded.Maps[BypassObject.Nat].Pin(folder.Nat);
        loaded.Maps[BypassObject.Configuration].Pin(folder.Config);
        loaded.Maps[BypassObject.IncludedAddresses].Pin(folder.IncludedAddresses);
        loaded.Maps[BypassObject.ExcludedAddresses].Pin(folder.ExcludedAddresses);
        loaded.Programs[BypassObject.TakeIn].Pin(folder.TakeIn);
        root.Pin(folder.Root);
        verdict.Pin(folder.Verdict);
        loaded.Programs[BypassObject.LeaveOf(variant)].Pin(folder.Leave);
        loaded.Programs[BypassObject.Mark].Pin(folder.Mark);
        loaded.Programs[BypassObject.Announce].Pin(folder.Announce);
        loaded.Programs[BypassObject.FollowAdded].Pin(folder.FollowAdded);
        PinIterator(loaded.Programs[BypassObject.ListOf(variant)], sockHash, folder.List);
        PinIterator(loaded.Programs[BypassObject.PairsOf(variant)], sockHash, folder.Pairs);
        PinHolders(folder);
        new BypassSlots(loaded.Maps[BypassObject.Slot]).Fill(verdict, loaded.Programs[BypassObject.LeaveOf(variant)]);
        using (BpfLink? link = RootAttachment.Create(loaded))
        {
            link?.Pin(folder.SockmapLink);
            log($"Attached sk_msg to the SOCKHASH {(link is null ? "without" : "by")} a link.");
        }

        log($"Pinned programs and maps in {folder.Path}.");
    }

    /// <summary>
    /// Attaches sock_ops to the cgroup, the last step: from here on new connections are taken in. Where the bypass that
    /// this one replaces is attached there, its link changes hands, so that each socket is offered to one of the two.
    /// </summary>
    public void Attach(BypassFolder folder, BypassFolder? replaced)
    {
        using BpfProgram takeIn = BpfProgram.OpenPinned(folder.TakeIn);
        using BpfLink? replacedLink = replaced is null ? null : BypassFolder.TryOpenLink(replaced.CgroupLink);
        using BpfProgram? replacedTakeIn = replaced is null ? null : BypassFolder.TryOpenProgram(replaced.TakeIn);
        if (replacedLink is not null && replacedTakeIn is not null && replacedLink.GetInfo().CgroupId == cgroup.Id)
        {
            TakeOver(folder, takeIn, replaced!, replacedTakeIn, replacedLink);
            return;
        }

        using BpfLink link = BpfLink.CreateCgroup(takeIn, cgroup.Handle, BpfAttachType.CgroupSockOps);
        link.Pin(folder.CgroupLink);
        LogAttached();
    }

    private void TakeOver(BypassFolder folder, BpfProgram takeIn, BypassFolder replaced, BpfProgram replacedTakeIn, BpfLink link)
    {
        link.Update(takeIn);
        try
        {
            BpfFileSystem.Rename(replaced.CgroupLink, folder.CgroupLink);
            LogAttached();
        }
        catch
        {
            if (BpfFileSystem.Exists(folder.CgroupLink))
            {
                BpfFileSystem.Rename(folder.CgroupLink, replaced.CgroupLink);
            }

            link.Update(replacedTakeIn);
            throw;
        }
    }

    private void LogAttached() => log($"Attached sock_ops to cgroup {cgroup.Path}.");

    private BpfObject Load(BypassConfig config, out BypassVariant variant)
    {
        variant = settings.Variant ?? BypassVariant.Exact;
        try
        {
            return Load(config, variant);
        }
        catch (Exception e) when (settings.Variant is null && e is VerifierException or BpfRelocationException or UnsupportedFeatureException)
        {
            log($"The exact verdict does not load on this kernel ({e.Message}): taking the probing one.");
        }

        variant = BypassVariant.Probing;
        return Load(config, variant);
    }

    private BpfObject Load(BypassConfig config, BypassVariant variant)
    {
        BpfObject loaded = BypassObject.Load(settings, config, variant);
        log($"Loaded the programs with the {variant.ToString().ToLowerInvariant()} verdict.");
        return loaded;
    }

    private static void PinIterator(BpfProgram program, BpfMap sockHash, string pin)
    {
        using BpfLink link = BpfLink.CreateIterator(program, sockHash);
        link.Pin(pin);
    }

    /// <summary>So that a listing need not load it. Where it does not load, listings read /proc instead.</summary>
    private void PinHolders(BypassFolder folder)
    {
        try
        {
            using BpfLink holders = SocketObject.LinkHeldInodes();
            holders.Pin(folder.Holders);
        }
        catch (Exception e) when (SocketObject.IsUnavailable(e))
        {
            log($"The iterator over open files does not load on this kernel, so listings read /proc for the processes: {e.Message}");
        }
    }

    private static void WriteAddresses(BpfMap trie, IReadOnlyList<System.Net.IPNetwork> networks)
    {
        foreach (System.Net.IPNetwork network in networks)
        {
            trie.Update(AddressKey.Write(network), BitConverter.GetBytes(1u));
        }
    }
}
