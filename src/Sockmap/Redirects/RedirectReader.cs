using System.Runtime.InteropServices;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Redirects.Layout;
using Sockmap.Redirects.Store;
using Sockmap.Sockets;

namespace Sockmap.Redirects;

/// <summary>Reads a redirect back from its pins.</summary>
internal static class RedirectReader
{
    /// <summary>The settings of a redirect; null where it is not one of this version.</summary>
    public static RedirectConfig? ReadConfig(RedirectFolder folder)
    {
        using BpfMap? map = RedirectFolder.TryOpenMap(folder.Config);
        if (map is null || map.KeySize != sizeof(uint) || map.ValueSize != RedirectObject.ConfigurationSize)
        {
            return null;
        }

        byte[] value = new byte[map.ValueSize];
        if (!map.TryLookup(new byte[sizeof(uint)], value))
        {
            return null;
        }

        RedirectConfig config = MemoryMarshal.Read<RedirectConfig>(value.AsSpan(RedirectObject.ConfigOffset));
        return config.Layout == RedirectConfig.CurrentLayout ? config : null;
    }

    /// <param name="folder">Its folder, which is there.</param>
    /// <param name="processes">Who holds which socket; null where that is not asked for.</param>
    public static SockmapRedirect Read(RedirectFolder folder, ProcessTable? processes)
    {
        SockmapRedirect foreign = new() { Name = folder.Name, State = RedirectState.Foreign, Path = folder.Path, BpfFileSystem = folder.BpfFileSystem };
        using BpfMap? source = RedirectFolder.TryOpenMap(folder.Source);
        using BpfMap? target = RedirectFolder.TryOpenMap(folder.Target);
        using BpfMap? course = RedirectFolder.TryOpenMap(folder.Course);
        using BpfMap? counters = RedirectFolder.TryOpenMap(folder.Counters);
        using BpfMap? ends = RedirectFolder.TryOpenMap(folder.Ends);
        using BpfProgram? list = RedirectFolder.TryOpenProgram(folder.List);
        if (ReadConfig(folder) is not { } config || source is null || target is null || course is null || counters is null || ends is null || list is null)
        {
            return foreign;
        }

        RedirectRow? from = RedirectMaps.ReadRow(list, source), to = RedirectMaps.ReadRow(list, target);
        ends.TryLookup(0u, out RedirectRow formerFrom);
        ends.TryLookup(1u, out RedirectRow formerTo);
        RedirectRow shownFrom = from ?? formerFrom, shownTo = to ?? formerTo;
        SocketDescription fromSocket = shownFrom.Socket.Describe(), toSocket = shownTo.Socket.Describe();
        RedirectSocketKind fromKind = KindOf(shownFrom, fromSocket), toKind = KindOf(shownTo, toSocket);
        IReadOnlyList<SocketProcess> fromHolders = Holders(from, processes), toHolders = Holders(to, processes);
        RedirectCounters counted = RedirectMaps.ReadCounters(counters);
        bool isStopped = RedirectMaps.IsOn(course, RedirectCourse.Stopped);
        return foreign with
        {
            Mode = config.Mode,
            State = StateOf(from, to, isStopped, RedirectMaps.IsOn(course, RedirectCourse.Overrun)),
            From = RedirectEndText.Describe(fromKind, fromSocket),
            FromKind = fromKind,
            FromLocalAddress = fromSocket.LocalAddress,
            FromLocalPort = fromSocket.LocalPort,
            FromRemoteAddress = fromSocket.RemoteAddress,
            FromRemotePort = fromSocket.RemotePort,
            FromCookie = fromSocket.Cookie,
            FromInode = fromSocket.Inode,
            IsFromOpen = from is not null,
            FromProcessId = [.. fromHolders.Select(holder => holder.Id)],
            FromProcessName = [.. fromHolders.Select(holder => holder.Name)],
            To = RedirectEndText.Describe(toKind, toSocket),
            ToKind = toKind,
            ToLocalAddress = toSocket.LocalAddress,
            ToLocalPort = toSocket.LocalPort,
            ToRemoteAddress = toSocket.RemoteAddress,
            ToRemotePort = toSocket.RemotePort,
            ToCookie = toSocket.Cookie,
            ToInode = toSocket.Inode,
            IsToOpen = to is not null,
            ToProcessId = [.. toHolders.Select(holder => holder.Id)],
            ToProcessName = [.. toHolders.Select(holder => holder.Name)],
            RedirectedMessages = counted.RedirectedMessages,
            RedirectedBytes = counted.RedirectedBytes,
            RefusedMessages = counted.RefusedMessages,
            RefusedBytes = counted.RefusedBytes,
            KeptMessages = counted.KeptMessages,
            KeptBytes = counted.KeptBytes,
            DroppedMessages = counted.DroppedMessages,
            DroppedBytes = counted.DroppedBytes,
            QueuedBytes = to?.Socket.QueuedBytes ?? 0,
            HeldBytes = to?.HeldBytes ?? 0,
            UnreadBytes = config.Mode.TakesSends() ? 0 : from?.Socket.QueuedBytes ?? 0,
            QueueLimit = config.QueueLimit,
            CreatedAt = DateTime.UnixEpoch.AddTicks((long)(config.CreatedAt / 100)).ToLocalTime(),
        };
    }

    private static RedirectState StateOf(RedirectRow? from, RedirectRow? to, bool isStopped, bool isOverrun) => (from, to) switch
    {
        (null, null) => RedirectState.Closed,
        _ when isStopped => RedirectState.Draining,
        (null, _) => RedirectState.SourceClosed,
        (_, null) => RedirectState.TargetClosed,
        _ => isOverrun ? RedirectState.Overrun : RedirectState.Active,
    };

    private static RedirectSocketKind KindOf(in RedirectRow row, SocketDescription socket) =>
        RedirectSocketKinds.Of(row.Socket.KernelFamily, (int)socket.Type, (int)socket.Protocol);

    private static IReadOnlyList<SocketProcess> Holders(RedirectRow? row, ProcessTable? processes) =>
        row is { } there && processes is not null ? processes.Find(there.Socket.Cookie, there.Socket.Inode) : [];
}
