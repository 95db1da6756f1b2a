using System.Diagnostics;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;

namespace Sockmap.Bypasses;

/// <summary>
/// Takes a bypass away in an order that loses no byte and can be taken up again after a crash at any point: no new
/// sockets, no more redirects, sockets out as they run dry, pins last. Works on whatever part of the folder is there.
/// </summary>
internal sealed class BypassRemoval(BypassFolder folder, Action<string> log)
{
    public RemovalResult Run(RemoveOptions options, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        StopTakingIn();
        BeginToLeave();
        using BpfMap? sockHash = BypassFolder.TryOpenMap(folder.SockHash);
        using BpfLink? list = BypassFolder.TryOpenLink(folder.List);
        int removed = 0;
        long dropped = 0;
        IReadOnlyList<EntryRow> remaining = [];
        if (sockHash is not null && list is not null)
        {
            Drain drain = new(sockHash, list, BypassReader.ReadSettings(folder)?.KnowsReaders ?? false);
            bool isEmpty = drain.Run(options, StopRedirecting, cancellationToken);
            remaining = drain.Remaining;
            dropped = drain.Dropped;
            removed = drain.Removed;
            log($"Took {removed} sockets out of the SOCKHASH; {remaining.Count} have unread bytes; {dropped} bytes were dropped.");
            if (!isEmpty)
            {
                return Result(isComplete: false);
            }
        }

        Unpin();
        return Result(isComplete: true);

        RemovalResult Result(bool isComplete) => new(
            folder.Name,
            isComplete,
            removed,
            dropped,
            [.. remaining.Select(row => EntryReader.ToEntry(folder.Name, row))],
            Stopwatch.GetElapsedTime(started));
    }

    /// <summary>
    /// Takes the folder away. Sockets that are still in the map keep it, and every byte in it, alive through the root
    /// program that they carry; with its last pin gone the slot is emptied by the kernel, and they run over TCP.
    /// </summary>
    public void Unpin()
    {
        TryDetach();

        // Half of a folder could not be told from one of another version: under its own name it is whole or not there.
        string unfinished = folder.Unfinished.Path;
        if (folder.Exists && !string.Equals(folder.Path, unfinished, StringComparison.Ordinal))
        {
            BpfFileSystem.Rename(folder.Path, unfinished);
        }

        BpfFileSystem.RemoveDirectory(unfinished);
        log($"Removed {folder.Path}.");
    }

    private void StopTakingIn()
    {
        if (TryDetach())
        {
            log("Detached sock_ops from the cgroup: no new socket is taken in.");
        }
    }

    private bool TryDetach()
    {
        using BpfLink? link = BypassFolder.TryOpenLink(folder.CgroupLink);
        if (link is null)
        {
            return false;
        }

        // Removing the pin would not do: the kernel detaches a little later then, or not while somebody holds the link.
        link.Detach();
        BpfFileSystem.RemovePin(folder.CgroupLink);
        return true;
    }

    /// <summary>From here on no direction is switched to the bypass, and each leaves it when its reader has read all.</summary>
    private void BeginToLeave()
    {
        using BpfMap? slot = BypassFolder.TryOpenMap(folder.Slot);
        using BpfProgram? leave = BypassFolder.TryOpenProgram(folder.Leave);
        if (slot is not null && leave is not null && new BypassSlots(slot).BeginToLeave(leave))
        {
            log("Put the leaving verdict in the slot: each direction goes over to TCP when its reader has read all.");
        }
    }

    private void StopRedirecting()
    {
        using BpfMap? slot = BypassFolder.TryOpenMap(folder.Slot);
        if (slot is not null && new BypassSlots(slot).StopRedirecting())
        {
            log("Emptied the slot: every message goes over TCP.");
        }
    }
}
