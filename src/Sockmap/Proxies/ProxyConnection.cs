using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Interop;
using Sockmap.Proxies.Interop;
using Sockmap.Sockets;

namespace Sockmap.Proxies;

/// <summary>One client's connection and the one to its target, from accept to the last byte.</summary>
internal sealed class ProxyConnection : IDisposable
{
    // Edge-triggered: each event is told once, and work goes on until the kernel says EAGAIN.
    private const uint EndEvents = SocketConstants.EPOLLRDHUP | SocketConstants.EPOLLET;
    private const uint SplicedEvents = EndEvents | SocketConstants.EPOLLOUT;
    private const uint CopiedEvents = SplicedEvents | SocketConstants.EPOLLIN;

    private readonly Epoll _epoll;
    private readonly int _client;
    private readonly SafeSocketDescriptor _clientHandle;
    private readonly Queue<ProxyEndPoint> _targets;
    private SafeSocketDescriptor? _targetHandle;
    private int _target = -1;
    private SpliceEngine? _engine;

    /// <summary>Takes a client that was accepted.</summary>
    /// <param name="epoll">Tells its events.</param>
    /// <param name="slot">Its place; its sockets' numbers are twice that, and one more.</param>
    /// <param name="id">Its number among all.</param>
    /// <param name="client">Its descriptor, not blocking.</param>
    /// <param name="targets">To try, in that order.</param>
    public ProxyConnection(Epoll epoll, int slot, ulong id, int client, IEnumerable<ProxyEndPoint> targets)
    {
        _epoll = epoll;
        Slot = slot;
        Id = id;
        _client = client;
        _clientHandle = new SafeSocketDescriptor(client);
        _targets = new Queue<ProxyEndPoint>(targets);
    }

    /// <summary>Its place.</summary>
    public int Slot { get; }

    /// <summary>Its number among all connections of the proxy; from 1.</summary>
    public ulong Id { get; }

    /// <summary>Who moves its bytes.</summary>
    public ProxyMode Mode { get; private set; }

    /// <summary>Why they are copied, or why no target was reached; empty where all is well.</summary>
    public string Reason { get; private set; } = string.Empty;

    /// <summary>The client's address, as text.</summary>
    public string ClientAddress => NameOf(_clientHandle);

    /// <summary>The target that it has, or is trying.</summary>
    public ProxyEndPoint? Target { get; private set; }

    /// <summary>When to give the present target up, in ticks of <see cref="Environment.TickCount64"/>.</summary>
    public long Deadline { get; private set; }

    /// <summary>From the client; there once it is connected.</summary>
    public ProxyFlow? Up { get; private set; }

    /// <summary>To the client.</summary>
    public ProxyFlow? Down { get; private set; }

    /// <summary>It waits in the list of those that have more to do.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Both ways have ended.</summary>
    public bool IsDone => Up is { IsDone: true } && Down is { IsDone: true };

    /// <summary>What its events are known by.</summary>
    private ulong Key => (Id & int.MaxValue) << 32 | (uint)(Slot * 2);

    /// <summary>Whether an event's number is of this connection and not of a former one in its place.</summary>
    public bool Owns(ulong data) => (data & ~1UL) == Key;

    /// <summary>Begins to connect to the next target.</summary>
    /// <returns>False where none is left.</returns>
    public bool ConnectNext(TimeSpan timeout)
    {
        while (_targets.TryDequeue(out ProxyEndPoint? target))
        {
            CloseTarget();
            Target = target;
            Deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
            int descriptor = SocketCalls.Socket(target.Family, SocketConstants.SOCK_STREAM | SocketConstants.SOCK_NONBLOCK, 0);
            if (descriptor < 0)
            {
                Reason = $"no socket for '{target}': {Errno.Describe(-descriptor)}";
                continue;
            }

            _target = descriptor;
            _targetHandle = new SafeSocketDescriptor(descriptor);
            int result = SocketCalls.Connect(descriptor, target.ToSocketAddress());
            if (result is >= 0 or -Errno.EINPROGRESS or -Errno.EINTR)
            {
                // Told at once where it is connected already.
                _epoll.Add(descriptor, SocketConstants.EPOLLOUT | SocketConstants.EPOLLET, Key | 1);
                return true;
            }

            Reason = $"'{target}' was not reached: {Errno.Describe(-result)}";
        }

        return false;
    }

    /// <summary>Whether the target is there now; false where it is not reachable.</summary>
    public bool FinishConnecting()
    {
        int error = ProxyCalls.PendingError(_target);
        if (error != 0)
        {
            Reason = $"'{Target}' was not reached: {Errno.Describe(error)}";
        }

        return error == 0;
    }

    /// <summary>Gives the present target up.</summary>
    public void GiveUpTarget() => Reason = $"'{Target}' did not answer in time";

    /// <summary>Client and target are there: splices them, or copies where that cannot be.</summary>
    /// <param name="engine">The kernel's part, where it is to be used.</param>
    /// <param name="reason">Why it is not, else empty.</param>
    public void Establish(SpliceEngine? engine, string reason)
    {
        SafeSocketDescriptor target = _targetHandle!;
        int number = Slot * 2;
        bool isClientIn = false;
        bool isTcp = !Target!.IsUnix && FamilyOf(_clientHandle) != SocketConstants.AF_UNIX;
        foreach (int socket in new[] { _client, _target })
        {
            // No socket of another family knows it, which does no harm.
            _ = ProxyCalls.SetOption(socket, SocketConstants.IPPROTO_TCP, SocketConstants.TCP_NODELAY, 1);
            _ = ProxyCalls.SetOption(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_KEEPALIVE, 1);
        }

        if (engine is not null && !isTcp)
        {
            reason = "an end is a UNIX socket, whose sender nothing would hold back";
        }

        if (engine is not null && isTcp)
        {
            uint client = ProxyCalls.WrittenBytes(_client), far = ProxyCalls.WrittenBytes(_target);
            _engine = engine;
            if (engine.Join(number, _clientHandle, target, out isClientIn) is { } refusal)
            {
                reason = refusal;
            }
            else
            {
                Mode = ProxyMode.Spliced;
                Reason = string.Empty;
                Up = new ProxyFlow(_client, _target, engine, number, far);
                Down = new ProxyFlow(_target, _client, engine, number + 1, client);
                engine.Begin(number);
            }
        }

        if (Mode != ProxyMode.Spliced)
        {
            Mode = ProxyMode.Copied;
            Reason = reason;
            Up = new ProxyFlow(_client, _target, isClientIn ? engine : null, number);
            Down = new ProxyFlow(_target, _client, null, number + 1);
        }

        uint events = Mode == ProxyMode.Spliced ? SplicedEvents : CopiedEvents;
        _epoll.Add(_client, events, Key);
        _epoll.Change(_target, events, Key | 1);
    }

    /// <summary>Does all that can be done now, both ways.</summary>
    public FlowOutcome Pump(Span<byte> buffer)
    {
        FlowOutcome up = Up!.Pump(buffer), down = Down!.Pump(buffer);
        return (FlowOutcome)Math.Max((int)up, (int)down);
    }

    /// <summary>Whether an end met an error, which ends both.</summary>
    public bool HasFailed() => ProxyCalls.PendingError(_client) != 0 || (_target >= 0 && ProxyCalls.PendingError(_target) != 0);

    /// <summary>Closes both ends with a reset, where they are open yet.</summary>
    public void Dispose()
    {
        if (!_clientHandle.IsClosed)
        {
            Close(reset: true);
        }
    }

    /// <summary>Closes both ends: with a FIN, or with a reset where the other end is to learn that it was no proper end.</summary>
    public void Close(bool reset)
    {
        if (_engine is not null)
        {
            _engine.Leave(_clientHandle, _targetHandle!);
        }

        if (reset)
        {
            ProxyCalls.ResetOnClose(_client);
            if (_target >= 0)
            {
                ProxyCalls.ResetOnClose(_target);
            }
        }

        _clientHandle.Dispose();
        CloseTarget();
    }

    private static int FamilyOf(SafeHandle socket)
    {
        Span<byte> address = stackalloc byte[128];
        return SocketCalls.GetSocketName(socket, address) < 0 ? 0 : BitConverter.ToUInt16(address);
    }

    private static string NameOf(SafeHandle socket)
    {
        Span<byte> address = stackalloc byte[128];
        int length = SocketCalls.GetPeerName(socket, address);
        return length < sizeof(ushort) ? string.Empty : ProxyEndPoint.Describe(address[..Math.Min(length, address.Length)]);
    }

    private void CloseTarget()
    {
        // Closing takes it out of the epoll too.
        _targetHandle?.Dispose();
        _targetHandle = null;
        _target = -1;
    }
}
