using System.Runtime.InteropServices;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Sockets.Layout;
using Sockmap.Sockets.Procfs;

namespace Sockmap.Sockets;

/// <summary>Which processes hold which socket, found in one pass for a whole listing.</summary>
public sealed class ProcessTable
{
    private readonly Dictionary<ulong, int> _firstByInode = [];
    private readonly List<Holding> _holdings = [];

    // One list for each process: nearly every socket has one holder only, and shares it.
    private readonly List<SocketProcess[]> _processes = [];
    private int _lastId = -1;

    private ProcessTable(SocketSource source, string? fallbackReason)
    {
        Source = source;
        FallbackReason = fallbackReason;
    }

    /// <summary>Which way it was read.</summary>
    public SocketSource Source { get; }

    /// <summary>Why the iterator was not used; null where it was, or where the other way was asked for.</summary>
    public string? FallbackReason { get; }

    /// <summary>How many pairs of a socket and a process there are.</summary>
    public int Count => _holdings.Count;

    /// <summary>Reads the table.</summary>
    /// <param name="options">How to read; null for the best way there is.</param>
    /// <exception cref="Bpf.BpfException">The iterator was asked for and is not to be had.</exception>
    public static ProcessTable Read(SocketReadOptions? options = null)
    {
        options ??= new SocketReadOptions();
        if (options.Source == SocketSource.Proc)
        {
            return FromProc(null);
        }

        try
        {
            using BpfLink link = SocketObject.LinkHeldBrief(options);
            return FromIterator(link);
        }
        catch (Exception exception) when (options.Source is null && SocketObject.IsUnavailable(exception))
        {
            options.Log?.Invoke($"The iterator over open files cannot be used, so /proc is read: {exception.Message}");
            return FromProc(exception.Message);
        }
    }

    /// <summary>The processes that hold a socket, each once; none where none does or may be looked into.</summary>
    /// <param name="cookie">Its cookie; 0 where it is not known.</param>
    /// <param name="inode">Its inode, 0 where no process holds it.</param>
    public IReadOnlyList<SocketProcess> Find(ulong cookie, ulong inode)
    {
        if (inode == 0 || !_firstByInode.TryGetValue(inode, out int index))
        {
            return [];
        }

        SocketProcess[] found = [];
        for (; index >= 0; index = _holdings[index].Next)
        {
            Holding holding = _holdings[index];

            // Inode numbers come round again after four thousand millions of files; cookies do not.
            if (cookie == 0 || holding.Cookie == 0 || holding.Cookie == cookie)
            {
                SocketProcess[] process = _processes[holding.Process];
                found = found.Length == 0 ? process : [.. process, .. found];
            }
        }

        return found;
    }

    /// <summary>Reads the table from an iterator that is there already, such as a pinned one.</summary>
    internal static ProcessTable FromIterator(BpfLink link)
    {
        ProcessTable table = new(SocketSource.Iterator, null);
        foreach (BriefRow row in BpfIterator.ReadRecords<BriefRow>(link))
        {
            if (row.Holder.ProcessId != table._lastId)
            {
                table.BeginProcess(row.Holder.ProcessId, row.Holder.ReadName());
            }

            table.Add(row.Cookie, row.Inode);
        }

        return table;
    }

    private static ProcessTable FromProc(string? reason)
    {
        ProcessTable table = new(SocketSource.Proc, reason);
        foreach (ProcDescriptor descriptor in ProcDescriptors.Read())
        {
            if (descriptor.ProcessId != table._lastId)
            {
                table.BeginProcess(descriptor.ProcessId, descriptor.ProcessName);
            }

            table.Add(0, descriptor.Inode);
        }

        return table;
    }

    private void BeginProcess(int id, string name)
    {
        _lastId = id;
        _processes.Add([new SocketProcess(id, name)]);
    }

    private void Add(ulong cookie, ulong inode)
    {
        int process = _processes.Count - 1;
        ref int first = ref CollectionsMarshal.GetValueRefOrAddDefault(_firstByInode, inode, out bool exists);
        int next = exists ? first : -1;

        // A process's descriptors come in one go: a second one of the same socket lies at the front.
        if (exists && _holdings[first] is var front && front.Process == process && front.Cookie == cookie)
        {
            return;
        }

        first = _holdings.Count;
        _holdings.Add(new Holding(cookie, process, next));
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Holding(ulong Cookie, int Process, int Next);
}
