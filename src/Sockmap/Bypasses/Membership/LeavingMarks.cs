using System.Runtime.InteropServices;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;

namespace Sockmap.Bypasses.Membership;

/// <summary>Tells sockets to leave, each in its own state: one pass of an iterator program, that names them by cookie.</summary>
internal sealed class LeavingMarks : IDisposable
{
    private readonly BpfMap _sockHash;
    private readonly BpfMap _marks;
    private readonly BpfProgram _mark;

    private LeavingMarks(BpfMap sockHash, BpfMap marks, BpfProgram mark)
    {
        _sockHash = sockHash;
        _marks = marks;
        _mark = mark;
    }

    /// <summary>Null where a pin is missing.</summary>
    public static LeavingMarks? TryOpen(BypassFolder folder, BpfMap sockHash)
    {
        BpfMap? marks = BypassFolder.TryOpenMap(folder.Marks);
        BpfProgram? mark = BypassFolder.TryOpenProgram(folder.Mark);
        if (marks is not null && mark is not null)
        {
            return new LeavingMarks(sockHash, marks, mark);
        }

        marks?.Dispose();
        mark?.Dispose();
        return null;
    }

    /// <summary>
    /// Takes back what a removal told sockets that was killed. To be called under the store's lock only, which every
    /// removal holds while sockets are to leave.
    /// </summary>
    public static void EndFormer(BypassFolder folder)
    {
        using BpfMap? sockHash = BypassFolder.TryOpenMap(folder.SockHash);
        using BpfLink? list = BypassFolder.TryOpenLink(folder.List);
        using LeavingMarks? marks = sockHash is null ? null : TryOpen(folder, sockHash);
        if (list is not null)
        {
            marks?.EndAll(list);
        }
    }

    /// <summary>Takes back what sockets were told, by whomever.</summary>
    public void EndAll(BpfLink list)
    {
        // What was written and never told would be told with the next pass.
        _marks.Clear();
        List<ulong> cookies = [.. EntryReader.ReadRows(list).Where(row => row.Leaving != EntryLeaving.Not).Select(row => row.Cookie)];
        if (cookies.Count > 0)
        {
            Write(cookies, EntryLeaving.Not);
        }
    }

    /// <summary>Marks the sockets with these cookies that are in the map.</summary>
    public void Write(IReadOnlyCollection<ulong> cookies, EntryLeaving leaving)
    {
        try
        {
            _marks.UpdateMany(cookies.Select(cookie => new MapEntry(Bytes(cookie), Bytes((uint)leaving))));
            using BpfLink pass = BpfLink.CreateIterator(_mark, _sockHash);
            using Stream stream = BpfIterator.Open(pass);
            stream.CopyTo(Stream.Null);
        }
        finally
        {
            _marks.DeleteMany(cookies.Select(Bytes));
        }
    }

    public void Dispose()
    {
        _marks.Dispose();
        _mark.Dispose();
    }

    private static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
