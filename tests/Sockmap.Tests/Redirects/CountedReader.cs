using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockmap.Tests.Redirects;

/// <summary>Reads a part of a <see cref="CountedStream"/> on a thread of its own, and says which pieces of it came.</summary>
internal sealed class CountedReader : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly List<(long Start, long End)> _pieces = [];
    private readonly byte[] _number = new byte[CountedStream.NumberLength];
    private int _have;
    private long _length;

    public CountedReader(SafeHandle socket)
    {
        _thread = new Thread(() => Run(socket)) { IsBackground = true };
        _thread.Start();
    }

    public long Length => Interlocked.Read(ref _length);

    /// <summary>Where in the stream its first byte was.</summary>
    public long Start
    {
        get
        {
            lock (_pieces)
            {
                return _pieces.Count > 0 ? _pieces[0].Start : 0;
            }
        }
    }

    /// <summary>The pieces, in the order in which they came.</summary>
    public string Describe()
    {
        lock (_pieces)
        {
            return string.Join(", ", _pieces.Take(20).Select(piece => string.Create(CultureInfo.InvariantCulture, $"{piece.Start} to {piece.End}")));
        }
    }

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
                _number[_have++] = one;
                if (_have == _number.Length)
                {
                    _have = 0;
                    TakeNumber((long)BinaryPrimitives.ReadUInt32BigEndian(_number) * CountedStream.NumberLength);
                }
            }
        }

        Interlocked.Add(ref _length, bytes.Length);
    }

    private void TakeNumber(long start)
    {
        if (_pieces.Count > 0 && _pieces[^1].End == start)
        {
            _pieces[^1] = (_pieces[^1].Start, start + CountedStream.NumberLength);
        }
        else
        {
            _pieces.Add((start, start + CountedStream.NumberLength));
        }
    }
}
