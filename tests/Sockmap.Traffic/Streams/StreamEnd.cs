using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Streams;

/// <summary>One end, sending or receiving, of one direction: how far it is and since when.</summary>
internal abstract class StreamEnd(Direction direction, long expected)
{
    private long _offset;
    private long _operations;
    private long _lastProgress = Environment.TickCount64;
    private volatile bool _finished;
    private volatile bool _waiting;

    public Direction Direction { get; } = direction;

    /// <summary>Bytes that the direction carries in all, or <see cref="TrafficOptions.UntilStopped"/>.</summary>
    public long Expected { get; } = expected;

    public long Offset => Interlocked.Read(ref _offset);

    public long Operations => Interlocked.Read(ref _operations);

    public bool Finished
    {
        get => _finished;
        protected set => _finished = value;
    }

    /// <summary>True while this process itself holds the direction back: no stall.</summary>
    public bool Waiting
    {
        get => _waiting;
        set
        {
            if (_waiting && !value)
            {
                Touch();
            }

            _waiting = value;
        }
    }

    /// <summary>Milliseconds since anything moved.</summary>
    public virtual long IdleMs => Finished || Waiting ? 0 : Environment.TickCount64 - Interlocked.Read(ref _lastProgress);

    public abstract Readiness Check();

    protected void Advance(int bytes)
    {
        Interlocked.Add(ref _offset, bytes);
        Interlocked.Increment(ref _operations);
        Touch();
    }

    private void Touch() => Interlocked.Exchange(ref _lastProgress, Environment.TickCount64);
}
