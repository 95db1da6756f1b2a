using System.Runtime.InteropServices;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;

namespace Sockmap.Bypasses.Membership;

/// <summary>Tells whoever watches of a socket that user space put in or took out, and counts those put in.</summary>
internal sealed class Announcement : IDisposable
{
    private readonly BpfProgram _announce;

    private Announcement(BpfProgram announce) => _announce = announce;

    /// <summary>Null where the pin is missing.</summary>
    public static Announcement? TryOpen(BypassFolder folder) =>
        BypassFolder.TryOpenProgram(folder.Announce) is { } announce ? new Announcement(announce) : null;

    public void Joined(EntryState state, ulong cookie, ulong cgroupId, uint userId) => Tell(new BypassEvent
    {
        Kind = EventKind.Joined,
        Key = state.Own,
        Cookie = cookie,
        CgroupId = cgroupId,
        UserId = userId,
        Connected = state.Listed.Flags.HasFlag(EntryFlags.Connected) ? 1u : 0u,
    });

    public void Left(EntryRow row) => Tell(new BypassEvent
    {
        Kind = EventKind.Left,
        Key = row.Key,
        Cookie = row.Cookie,
        CgroupId = row.CgroupId,
        UserId = row.UserId,
        Connected = row.Flags.HasFlag(EntryFlags.Connected) ? 1u : 0u,
        RedirectedMessages = row.RedirectedMessages,
        RedirectedBytes = row.RedirectedBytes,
        TcpMessages = row.TcpMessages,
        TcpBytes = row.TcpBytes,
        SpilledMessages = row.SpilledMessages,
    });

    public void Dispose() => _announce.Dispose();

    private void Tell(BypassEvent told) => _announce.Run([], MemoryMarshal.AsBytes(new ReadOnlySpan<BypassEvent>(in told)));
}
