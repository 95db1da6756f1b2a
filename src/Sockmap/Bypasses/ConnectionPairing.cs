using Sockmap.Bypasses.Layout;

namespace Sockmap.Bypasses;

/// <summary>
/// Brings the rows of a listing together with those of their other ends. A row waits here until its other end's has come;
/// the kernel lists in no order, so that up to half of the rows wait at a time.
/// </summary>
internal sealed class ConnectionPairing
{
    /// <summary>Rows in a block: few enough that a block is no large object to the garbage collector.</summary>
    private const int BlockLength = 256;

    private readonly Dictionary<ulong, int> _places = [];
    private readonly List<EntryRow[]> _blocks = [];
    private readonly Stack<int> _free = [];
    private readonly List<EntryRow> _crowdedOut = [];

    /// <summary>The rows whose other end has not come.</summary>
    public IEnumerable<EntryRow> Waiting => _places.Values.Select(place => RowAt(place)).Concat(_crowdedOut);

    /// <summary>Takes the row of the other end out, where it waits; else this one waits, and null is returned.</summary>
    public EntryRow? Pair(in EntryRow row)
    {
        ulong connection = row.ConnectionHash;
        if (!_places.TryGetValue(connection, out int place))
        {
            Wait(connection, row);
            return null;
        }

        EntryRow other = RowAt(place);
        if (other.Key != row.Peer)
        {
            // Two connections with one hash of 64 bits.
            _crowdedOut.Add(row);
            return null;
        }

        _places.Remove(connection);
        _free.Push(place);
        return other;
    }

    private void Wait(ulong connection, in EntryRow row)
    {
        if (!_free.TryPop(out int place))
        {
            place = _places.Count;
            if (place % BlockLength == 0)
            {
                _blocks.Add(new EntryRow[BlockLength]);
            }
        }

        _places.Add(connection, place);
        RowAt(place) = row;
    }

    private ref EntryRow RowAt(int place) => ref _blocks[place / BlockLength][place % BlockLength];
}
