using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Sockets.Layout;
using Sockmap.Sockets.Procfs;

namespace Sockmap.Sockets;

/// <summary>Which processes hold which socket, found in one pass for a whole listing.</summary>
public sealed class ProcessTable
{
    private readonly bool _isByInode;
    private readonly KeyTable _holders = new();

    // Each process alone, and those that share a socket together: few, as nearly every socket has one holder.
    private readonly List<SocketProcess[]> _groups = [];
    private readonly Dictionary<(int Group, int Process), int> _unions = [];
    private int _process;
    private int _lastId = -1;

    private ProcessTable(SocketSource source, bool isByInode, string? fallbackReason)
    {
        _isByInode = isByInode;
        Source = source;
        FallbackReason = fallbackReason;
    }

    /// <summary>Which way it was read.</summary>
    public SocketSource Source { get; }

    /// <summary>Why the iterator was not used; null where it was, or where the other way was asked for.</summary>
    public string? FallbackReason { get; }

    /// <summary>How many sockets it knows.</summary>
    public int Count => _holders.Count;

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
            return FromIterator(link, isByInode: false);
        }
        catch (Exception exception) when (options.Source is null && SocketObject.IsUnavailable(exception))
        {
            options.Log?.Invoke($"The iterator over open files cannot be used, so /proc is read: {exception.Message}");
            return FromProc(exception.Message);
        }
    }

    /// <summary>The processes that hold a socket, each once; none where none does or may be looked into.</summary>
    /// <param name="cookie">Its cookie, which <see cref="SocketSource.Iterator"/> knows it by; 0 where it is not known.</param>
    /// <param name="inode">Its inode, which <see cref="SocketSource.Proc"/> knows it by; 0 where no process holds it.</param>
    public IReadOnlyList<SocketProcess> Find(ulong cookie, ulong inode)
    {
        ulong key = _isByInode ? inode : cookie;
        return inode != 0 && key != 0 && _holders.Find(key) is >= 0 and int group ? _groups[group] : [];
    }

    /// <summary>Reads the table from an iterator that is there already, such as a pinned one.</summary>
    /// <param name="link">The iterator.</param>
    /// <param name="isByInode">
    /// It knows sockets by the numbers of their inodes (<see cref="SocketObject.LinkHeldInodes"/>): these come round again
    /// after four thousand millions of files, so that two sockets may have one.
    /// </param>
    internal static ProcessTable FromIterator(BpfLink link, bool isByInode)
    {
        ProcessTable table = new(SocketSource.Iterator, isByInode, null);
        using ReadAhead<BriefRow> rows = BpfIterator.BeginReadRecords<BriefRow>(link);
        foreach (BriefRow row in rows.ReadAll())
        {
            if (row.Holder.ProcessId != table._lastId)
            {
                table.BeginProcess(row.Holder.ProcessId, row.Holder.ReadName());
            }

            table.Add(row.Key);
        }

        return table;
    }

    private static ProcessTable FromProc(string? reason)
    {
        ProcessTable table = new(SocketSource.Proc, isByInode: true, reason);
        foreach (ProcDescriptor descriptor in ProcDescriptors.Read())
        {
            if (descriptor.ProcessId != table._lastId)
            {
                table.BeginProcess(descriptor.ProcessId, descriptor.ProcessName);
            }

            table.Add(descriptor.Inode);
        }

        return table;
    }

    private void BeginProcess(int id, string name)
    {
        _lastId = id;
        _process = _groups.Count;
        _groups.Add([new SocketProcess(id, name)]);
    }

    private void Add(ulong key)
    {
        int known = _holders.Find(key);
        if (known < 0)
        {
            _holders.Set(key, _process);
        }
        else if (!_groups[known].Contains(_groups[_process][0]))
        {
            _holders.Set(key, Unite(known));
        }
    }

    private int Unite(int group)
    {
        if (!_unions.TryGetValue((group, _process), out int union))
        {
            _unions[(group, _process)] = union = _groups.Count;
            _groups.Add([.. _groups[group], .. _groups[_process]]);
        }

        return union;
    }
}
