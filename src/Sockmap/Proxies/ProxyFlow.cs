using Sockmap.Bpf;
using Sockmap.Interop;
using Sockmap.Proxies.Interop;

namespace Sockmap.Proxies;

/// <summary>
/// One way of a connection, from a source to a destination, as far as user space has to do with it: all bytes where it is
/// copied, those that the kernel had no room for where it is spliced, and the end of the stream in both.
/// </summary>
/// <remarks>
/// A spliced way's order: the program redirects only while every byte that it passed to user space is handed, that is sent.
/// User space sends only when the destination has got every byte that was redirected. Bytes are looked at, sent, handed, and
/// only then read, so that the source's window stays shut until the kernel may take over, and there is an end to it however
/// fast the source is.
/// </remarks>
internal sealed class ProxyFlow
{
    private const int Budget = 16;
    private const int Flags = SocketConstants.MSG_DONTWAIT | SocketConstants.MSG_NOSIGNAL;

    private readonly int _source;
    private readonly int _destination;
    private readonly SpliceEngine? _engine;
    private readonly int _number;
    private readonly bool _isSpliced;

    // What the destination had been given before, what user space has sent to it since (modulo 2^32 as its sequence numbers),
    // and the redirected bytes of which it is known that it has got them.
    private readonly uint _writtenBefore;
    private uint _sent;
    private ulong _drained;

    private byte[] _pending = [];
    private int _pendingOffset;
    private bool _hasEnded;

    /// <summary>A copied way.</summary>
    /// <param name="source">Where bytes come from.</param>
    /// <param name="destination">Where they go.</param>
    /// <param name="engine">Where the source is in the map although nothing is redirected; else null.</param>
    /// <param name="number">Its number there.</param>
    public ProxyFlow(int source, int destination, SpliceEngine? engine, int number)
    {
        _source = source;
        _destination = destination;
        _engine = engine;
        _number = number;
    }

    /// <summary>A spliced way, before anything is redirected.</summary>
    /// <param name="source">Where bytes come from; its number is in the map.</param>
    /// <param name="destination">Where they go.</param>
    /// <param name="engine">The kernel's part.</param>
    /// <param name="number">The source's number.</param>
    /// <param name="writtenBefore"><see cref="ProxyCalls.WrittenBytes"/> of the destination.</param>
    public ProxyFlow(int source, int destination, SpliceEngine engine, int number, uint writtenBefore)
        : this(source, destination, engine, number)
    {
        _isSpliced = true;
        _writtenBefore = writtenBefore;
    }

    /// <summary>The stream has ended, and the destination was told.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Bytes that user space has moved.</summary>
    public ulong CopiedBytes { get; private set; }

    /// <summary>Bytes of the source that the destination's socket has not got, as far as user space and program know.</summary>
    public ulong UnsentBytes
    {
        get
        {
            ulong bytes = (ulong)(_pending.Length - _pendingOffset);
            if (_isSpliced)
            {
                ref Layout.SpliceWay way = ref _engine!.Way(_number);
                bytes += way.PassedBytes - way.HandedBytes;
                bytes += (uint)way.RedirectedBytes + _sent + _writtenBefore - ProxyCalls.WrittenBytes(_destination);
            }

            return bytes;
        }
    }

    /// <summary>Does all that can be done now.</summary>
    /// <param name="buffer">To read into; nothing stays in it.</param>
    public FlowOutcome Pump(Span<byte> buffer)
    {
        if (IsDone)
        {
            return FlowOutcome.Idle;
        }

        for (int i = 0; i < Budget; i++)
        {
            FlowOutcome? outcome = _hasEnded ? Finish() : _isSpliced ? Spill(buffer) : Copy(buffer);
            if (outcome is not null)
            {
                return outcome.Value;
            }
        }

        return FlowOutcome.Again;
    }

    private FlowOutcome? Finish()
    {
        if (!FlushPending(out FlowOutcome outcome))
        {
            return outcome;
        }

        if (_isSpliced && !IsDrained())
        {
            return FlowOutcome.Soon;
        }

        // It may have been reset meanwhile, which its own event tells.
        _ = ProxyCalls.Shutdown(_destination, SocketConstants.SHUT_WR);
        IsDone = true;
        return FlowOutcome.Idle;
    }

    /// <summary>Moves what the program has left to user space; null to go on.</summary>
    private FlowOutcome? Spill(Span<byte> buffer)
    {
        _engine!.Rearm(_number);
        if (_engine.IsBroken(_number))
        {
            return FlowOutcome.Failed;
        }

        int seen = SocketCalls.Recv(_source, buffer, SocketConstants.MSG_DONTWAIT | SocketConstants.MSG_PEEK);
        if (seen is 0 or -Errno.EAGAIN && _engine.HasPassed(_number))
        {
            // Counted already, but still behind what is about to be sent by the source's socket.
            return FlowOutcome.Soon;
        }

        if (seen <= 0)
        {
            return NothingRead(seen);
        }

        if (!IsDrained())
        {
            return FlowOutcome.Soon;
        }

        // By then a fast source has filled its window and stopped, so that all it sent is handed in one go.
        if (!ProxyCalls.IsWritable(_destination))
        {
            return FlowOutcome.Idle;
        }

        int sent = SocketCalls.Send(_destination, buffer[..seen], Flags);
        if (sent <= 0)
        {
            return sent == -Errno.EAGAIN ? FlowOutcome.Idle : FlowOutcome.Failed;
        }

        Count(sent);
        _engine.Hand(_number, sent);
        for (int left = sent; left > 0;)
        {
            int read = SocketCalls.Recv(_source, buffer[..left], SocketConstants.MSG_DONTWAIT);
            if (read <= 0)
            {
                return FlowOutcome.Failed;
            }

            left -= read;
        }

        return null;
    }

    private FlowOutcome? Copy(Span<byte> buffer)
    {
        if (!FlushPending(out FlowOutcome outcome))
        {
            return outcome;
        }

        int read = SocketCalls.Recv(_source, buffer, SocketConstants.MSG_DONTWAIT);
        if (read is 0 or -Errno.EAGAIN && _engine is not null && _engine.HasPassed(_number))
        {
            return FlowOutcome.Soon;
        }

        if (read <= 0)
        {
            return NothingRead(read);
        }

        _engine?.Hand(_number, read);
        int sent = SocketCalls.Send(_destination, buffer[..read], Flags);
        if (sent is < 0 and not -Errno.EAGAIN)
        {
            return FlowOutcome.Failed;
        }

        sent = Math.Max(sent, 0);
        Count(sent);
        if (sent < read)
        {
            _pending = buffer[sent..read].ToArray();
            _pendingOffset = 0;
        }

        return null;
    }

    private FlowOutcome? NothingRead(int result)
    {
        if (result == 0)
        {
            _hasEnded = true;
            return null;
        }

        return result == -Errno.EAGAIN ? FlowOutcome.Idle : FlowOutcome.Failed;
    }

    private bool FlushPending(out FlowOutcome outcome)
    {
        outcome = FlowOutcome.Idle;
        while (_pendingOffset < _pending.Length)
        {
            int sent = SocketCalls.Send(_destination, _pending.AsSpan(_pendingOffset), Flags);
            if (sent <= 0)
            {
                outcome = sent == -Errno.EAGAIN ? FlowOutcome.Idle : FlowOutcome.Failed;
                return false;
            }

            Count(sent);
            _pendingOffset += sent;
        }

        _pending = [];
        _pendingOffset = 0;
        return true;
    }

    private void Count(int sent)
    {
        CopiedBytes += (ulong)sent;
        _sent += (uint)sent;
    }

    /// <summary>Whether the destination's socket has got every byte that was redirected to it.</summary>
    private bool IsDrained()
    {
        ulong redirected = Volatile.Read(ref _engine!.Way(_number).RedirectedBytes);
        if (redirected == _drained)
        {
            return true;
        }

        if (ProxyCalls.WrittenBytes(_destination) - _writtenBefore != (uint)redirected + _sent)
        {
            return false;
        }

        _drained = redirected;
        return true;
    }
}
