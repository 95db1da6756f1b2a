using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockmap.Tests.Redirects;

/// <summary>Reads a part of a <see cref="CountedStream"/> on a thread of its own, and says which pieces of it came.</summary>
internal sealed class CountedReader : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly List<(long Start, long End)> _pieces = [];

    // Bytes of a piece whose place is not known yet: two whole numbers are among them, wherever TCP cut.
    private readonly byte[] _unplaced = new byte[3 * CountedStream.NumberLength];
    private int _unplacedLength;
    private bool _isPlaced;
    private long _length;

    public CountedReader(SafeHandle socket)
    {
        _thread = new Thread(() => Run(socket)) { IsBackground = true };
        _thread.Start();
    }

    public long Length => Interlocked.Read(ref _length);

    /// <summary>
    /// The pieces, in the order in which they came. Where one ends that another does not follow on, up to three bytes of the
    /// next one may look as if they did.
    /// </summary>
    public IReadOnlyList<(long Start, long End)> Pieces
    {
        get
        {
            lock (_pieces)
            {
                return [.. _pieces];
            }
        }
    }

    /// <summary>The pieces as text.</summary>
    public string Describe() => string.Join(", ", Pieces.Take(20).Select(piece => string.Create(CultureInfo.InvariantCulture, $"{piece.Start} to {piece.End}")));

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run(SafeHandle socket)
    {
        byte[] buffer = new byte[50_001];
        while (!_stop.IsCancellationRequested)
        {
            int read = RedirectPlace.TryReceive(socket, buffer);
            if (read > 0)
            {
                Take(buffer.AsSpan(0, read));
            }
            else
            {
                Thread.Sleep(1);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        lock (_pieces)
        {
            foreach (byte one in bytes)
            {
                Take(one);
            }
        }

        Interlocked.Add(ref _length, bytes.Length);
    }

    private void Take(byte one)
    {
        if (_isPlaced)
        {
            (long start, long end) = _pieces[^1];
            if (one == CountedStream.At(end))
            {
                _pieces[^1] = (start, end + 1);
                return;
            }

            _isPlaced = false;
        }

        _unplaced[_unplacedLength++] = one;
        if (_unplacedLength == _unplaced.Length)
        {
            // What is nowhere in the stream shows as a piece at -1.
            long start = CountedStream.Find(_unplaced) ?? -1;
            _pieces.Add((start, start + _unplaced.Length));
            _unplacedLength = 0;
            _isPlaced = start >= 0;
        }
    }
}
