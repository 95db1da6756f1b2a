using Sockmap.Bypasses.Layout;

namespace Sockmap.Bypasses;

/// <summary>
/// Rows that came before they could be used, in their order. In blocks that are no large objects to the garbage collector
/// and are not copied when there are more.
/// </summary>
internal sealed class RowBacklog
{
    private const int BlockLength = 128;

    private readonly List<(EntryRow Row, EntryRow? Peer)[]> _blocks = [];
    private int _count;

    public int Count => _count;

    public void Add(in (EntryRow Row, EntryRow? Peer) row)
    {
        if (_count % BlockLength == 0)
        {
            _blocks.Add(new (EntryRow Row, EntryRow? Peer)[BlockLength]);
        }

        _blocks[^1][_count % BlockLength] = row;
        _count++;
    }

    public ref readonly (EntryRow Row, EntryRow? Peer) this[int place] => ref _blocks[place / BlockLength][place % BlockLength];
}
