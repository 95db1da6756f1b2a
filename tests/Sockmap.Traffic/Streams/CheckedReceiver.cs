using System.Globalization;
using Sockmap.Traffic.Options;
using Sockmap.Traffic.Reporting;
using Sockmap.Traffic.Sockets;

namespace Sockmap.Traffic.Streams;

/// <summary>Verifies every byte against the generator as it arrives, and that the stream ends where it must.</summary>
internal sealed class CheckedReceiver : StreamEnd
{
    private const int EvidenceLength = 16;
    private const int EvidenceWaitMs = 200;
    private const long SearchDistance = 64L << 20;

    // Fewer bytes than this are found by chance.
    private const int ShortestSearchable = 6;

    private readonly TrafficOptions _options;
    private readonly Controls _controls;
    private readonly int _clientPort;
    private readonly StreamGenerator _generator;
    private readonly byte[] _received;
    private readonly byte[] _expected;
    private long _pausedUntil = -1;
    private bool _pauseDone;

    public CheckedReceiver(Direction direction, int clientPort, TrafficOptions options, Controls controls)
        : base(direction, options.BytesOf(direction))
    {
        _options = options;
        _controls = controls;
        _clientPort = clientPort;
        _generator = new StreamGenerator(options.Seed, clientPort, direction);
        _received = new byte[options.ReadSize];
        _expected = new byte[options.ReadSize];
        _pauseDone = options.PauseReaderAt is null;
    }

    /// <summary>Called once when the reader stops at <see cref="TrafficOptions.PauseReaderAt"/>.</summary>
    public Action<long>? PauseReached { get; init; }

    public int Smallest { get; private set; }

    public int Largest { get; private set; }

    /// <inheritdoc/>
    // With HoldShutdown a complete stream may stay open for as long as the test likes.
    public override long IdleMs => _options.HoldShutdown && Offset == Expected && !_controls.MayShutdown ? 0 : base.IdleMs;

    public override Readiness Check()
    {
        if (Finished)
        {
            return Readiness.Finished;
        }

        if (!_pauseDone && Offset >= _options.PauseReaderAt && _pausedUntil < 0)
        {
            if (_options.PauseMs == 0)
            {
                _controls.ReadingPaused = true;
                _pauseDone = true;
            }
            else
            {
                _pausedUntil = Environment.TickCount64 + _options.PauseMs;
            }

            PauseReached?.Invoke(Offset);
        }

        if (_pausedUntil >= 0)
        {
            if (Environment.TickCount64 < _pausedUntil)
            {
                return Readiness.Waiting;
            }

            _pausedUntil = -1;
            _pauseDone = true;
        }

        return _controls.ReadingPaused ? Readiness.Waiting : Readiness.Ready;
    }

    /// <exception cref="TrafficException">A byte is wrong, the stream ended early, or it did not end.</exception>
    public void ReceiveSome(StreamSocket socket, bool dontWait)
    {
        long offset = Offset;
        int length = _received.Length;
        if (!_pauseDone && offset < _options.PauseReaderAt)
        {
            length = (int)Math.Min(length, _options.PauseReaderAt.Value - offset);
        }

        int count = socket.Receive(_received.AsMemory(0, length), dontWait);
        if (count == StreamSocket.WouldBlock)
        {
            socket.CountSpuriousEagain();
            return;
        }

        if (count == 0)
        {
            if (Expected != TrafficOptions.UntilStopped && offset != Expected)
            {
                throw new TrafficException(Error(TrafficErrorKind.EarlyEnd, offset,
                    string.Create(CultureInfo.InvariantCulture, $"the stream ended at offset {offset} of {Expected}: {Expected - offset} bytes are lost")));
            }

            Finished = true;
            return;
        }

        _generator.Fill(offset, _expected.AsSpan(0, count));
        int same = _received.AsSpan(0, count).CommonPrefixLength(_expected.AsSpan(0, count));
        if (same < count)
        {
            throw new TrafficException(Mismatch(socket, offset + same, _received.AsSpan(same, count - same)));
        }

        if (offset + count > Expected)
        {
            throw new TrafficException(Error(TrafficErrorKind.TooLong, Expected,
                string.Create(CultureInfo.InvariantCulture, $"the stream goes on after its {Expected} bytes: at least {offset + count - Expected} too many")));
        }

        Smallest = Smallest == 0 ? count : Math.Min(Smallest, count);
        Largest = Math.Max(Largest, count);
        Advance(count);
    }

    private TrafficError Mismatch(StreamSocket socket, long offset, ReadOnlySpan<byte> got)
    {
        byte[] evidence = new byte[EvidenceLength];
        int length = Math.Min(got.Length, EvidenceLength);
        got[..length].CopyTo(evidence);
        while (length < EvidenceLength && socket.Poll(forRead: true, forWrite: false, EvidenceWaitMs))
        {
            int more = socket.Receive(evidence.AsMemory(length), dontWait: false);
            if (more == 0)
            {
                break;
            }

            length += more;
        }

        byte[] expected = new byte[EvidenceLength];
        _generator.Fill(offset, expected);
        string gotText = Convert.ToHexStringLower(evidence.AsSpan(0, length));
        string expectedText = Convert.ToHexStringLower(expected);
        long? foundAt = null;
        string explanation;
        // What stands elsewhere in the stream may be cut off by the fault's end: look for a prefix too.
        foreach (int searched in new[] { length, 8, ShortestSearchable })
        {
            if (searched <= length && searched >= ShortestSearchable
                && (foundAt = Locate(_generator, evidence.AsSpan(0, searched), offset)) is not null)
            {
                break;
            }
        }

        if (foundAt is { } place)
        {
            explanation = place > offset
                ? string.Create(CultureInfo.InvariantCulture, $"the bytes belong to offset {place}, {place - offset} later: what is between was lost or comes out of order")
                : string.Create(CultureInfo.InvariantCulture, $"the bytes belong to offset {place}, {offset - place} earlier: doubled or out of order");
        }
        else if (length >= ShortestSearchable
            && Locate(new StreamGenerator(_options.Seed, _clientPort, 1 - Direction), evidence.AsSpan(0, length), offset) is { } otherWay)
        {
            explanation = string.Create(CultureInfo.InvariantCulture, $"the bytes belong to the other direction's offset {otherWay}");
        }
        else
        {
            explanation = "the bytes are nowhere near in either direction of this connection: changed, or another connection's";
        }

        return Error(TrafficErrorKind.Mismatch, offset,
            string.Create(CultureInfo.InvariantCulture, $"wrong byte at offset {offset}: expected {expectedText}, got {gotText}; {explanation}")) with
        {
            Expected = expectedText,
            Got = gotText,
            FoundAt = foundAt,
        };
    }

    private static long? Locate(StreamGenerator generator, ReadOnlySpan<byte> bytes, long offset) =>
        generator.Find(bytes, Math.Max(0, offset - SearchDistance), offset + SearchDistance);

    private TrafficError Error(TrafficErrorKind kind, long offset, string message) =>
        new() { Kind = kind, ClientPort = _clientPort, Direction = Direction, Offset = offset, Message = message };
}
