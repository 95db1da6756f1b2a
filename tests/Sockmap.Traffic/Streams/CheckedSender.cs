using Sockmap.Traffic.Options;
using Sockmap.Traffic.Sockets;

namespace Sockmap.Traffic.Streams;

/// <summary>Sends the generator's bytes in writes of the chosen sizes, then shuts the direction down.</summary>
internal sealed class CheckedSender : StreamEnd
{
    private readonly TrafficOptions _options;
    private readonly Controls _controls;
    private readonly StreamGenerator _generator;
    private readonly SabotagedFill _fill;
    private readonly WriteSizes _sizes;
    private readonly TurnKeeper? _turns;
    private readonly CheckedReceiver _receiver;
    private readonly byte[] _buffer;
    private readonly long _end;
    private readonly long _holdBackAt;
    private readonly long _started = Environment.TickCount64;
    private long _messages;
    private int _messageLength;
    private int _messageSent;

    public CheckedSender(Direction direction, int clientPort, TrafficOptions options, Controls controls, CheckedReceiver receiver)
        : base(direction, options.BytesOf(direction))
    {
        _options = options;
        _controls = controls;
        _receiver = receiver;
        _generator = new StreamGenerator(options.Seed, clientPort, direction);
        _fill = new SabotagedFill(_generator, options.Sabotage);
        _sizes = options.WriteSizeOf(direction);
        _buffer = new byte[_sizes.Largest];
        _end = options.Sabotage switch
        {
            { Kind: SabotageKind.Truncate } s => Math.Min(Expected, s.Offset),
            { Kind: SabotageKind.Extend } when Expected != TrafficOptions.UntilStopped => Expected + 1,
            _ => Expected,
        };
        _holdBackAt = options.HalfCloseEarly is { } early && early != direction ? Expected / 2 : long.MaxValue;
        if (options.Pattern is TrafficPattern.PingPong or TrafficPattern.ServerSpeaksFirst)
        {
            Direction other = 1 - direction;
            bool speaksFirst = (direction == Direction.Up) == (options.Pattern == TrafficPattern.PingPong);
            _turns = new TurnKeeper(new StreamGenerator(options.Seed, clientPort, other), options.WriteSizeOf(other), options.BytesOf(other), speaksFirst);
        }
    }

    /// <summary>Whole writes done.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    private bool InMessage => _messageSent < _messageLength;

    public override Readiness Check()
    {
        if (Finished)
        {
            return Readiness.Finished;
        }

        bool stopped = Expected == TrafficOptions.UntilStopped && (_controls.Stopping || (_turns is not null && _receiver.Finished));
        if (stopped || Offset == _end)
        {
            return _options.HoldShutdown && !_controls.MayShutdown && !stopped ? Readiness.Waiting : Readiness.Finished;
        }

        bool wait = _controls.SendingHeld
            || (_options.Sabotage is { Kind: SabotageKind.Stall } stall && Offset >= stall.Offset)
            || (_options.Rate > 0 && (Environment.TickCount64 - _started) * _options.Rate < Offset * 1000)
            || (Offset >= _holdBackAt && !_receiver.Finished)
            || (_turns is not null && !InMessage && _receiver.Offset < _turns.Needed && !_receiver.Finished);
        return wait ? Readiness.Waiting : Readiness.Ready;
    }

    /// <summary>What is left of the write that is under way; a new write begins when there is none.</summary>
    public ReadOnlyMemory<byte> NextBytes()
    {
        if (!InMessage)
        {
            long offset = Offset;
            long limit = offset < _holdBackAt ? Math.Min(_end, _holdBackAt) : _end;
            if (_options.Sabotage is { Kind: SabotageKind.Stall } stall && offset < stall.Offset)
            {
                limit = Math.Min(limit, stall.Offset);
            }

            _messageLength = (int)Math.Min(_sizes.At(_messages, _generator.RandomFor(_messages)), limit - offset);
            _messageSent = 0;
            _fill.Fill(offset, _buffer.AsSpan(0, _messageLength));
        }

        return _buffer.AsMemory(_messageSent, _messageLength - _messageSent);
    }

    public void Sent(int bytes)
    {
        _messageSent += bytes;
        if (!InMessage)
        {
            Interlocked.Increment(ref _messages);
            _turns?.MessageSent();
        }

        Advance(bytes);
    }

    public void SendSome(StreamSocket socket, bool dontWait)
    {
        int sent = socket.Send(NextBytes(), dontWait);
        if (sent != StreamSocket.WouldBlock)
        {
            Sent(sent);
        }
    }

    public void Shutdown(StreamSocket socket)
    {
        socket.ShutdownWrite();
        Finished = true;
    }
}
