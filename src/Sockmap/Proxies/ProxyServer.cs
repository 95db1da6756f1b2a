using System.Globalization;
using Sockmap.Bpf;
using Sockmap.Bpf.Loading;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Store;
using Sockmap.Interop;
using Sockmap.Proxies.Interop;
using Sockmap.Proxies.Layout;
using Sockmap.Proxies.Store;
using Sockmap.Sockets;

namespace Sockmap.Proxies;

/// <summary>
/// A proxy in this process: listens, connects, and has the kernel splice each pair of sockets, or copies where that cannot
/// be. One thread does it all; where connections are spliced there is little to do.
/// </summary>
public sealed class ProxyServer : IDisposable
{
    private const int BufferSize = 1 << 20;
    private const int Tick = 50;
    private const ulong ListenerFlag = 1UL << 63;
    private const ulong WakeData = ulong.MaxValue;
    private const ulong SignalData = ulong.MaxValue - 1;

    private readonly ProxySettings _settings;
    private readonly Action<string>? _log;
    private readonly ProxyEndPoint[] _targets;
    private readonly List<ProxyListener> _listeners = [];
    private readonly Epoll _epoll = new();
    private readonly SafeSocketDescriptor _wake;
    private readonly ProxyBoard _board;
    private readonly SpliceEngine? _engine;
    private readonly string _copyReason = string.Empty;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);
    private readonly ProxyConnection?[] _connections;
    private readonly Queue<int> _free;
    private readonly HashSet<ProxyConnection> _connecting = [];
    private readonly List<int> _signals = [];
    private List<ProxyConnection> _queued = [];
    private List<ProxyConnection> _working = [];
    private ulong _accepted;
    private int _nextTarget;
    private bool _hasImpatient;
    private bool _isListening;
    private long _listenAgain;

    private ProxyServer(ProxySettings settings, ProxyServerOptions options)
    {
        _settings = settings;
        _log = options.Log;
        _targets = [.. settings.To.Select(ProxyRules.Read)];
        _connections = new ProxyConnection?[settings.MaxConnections];
        _free = new Queue<int>(Enumerable.Range(0, settings.MaxConnections));
        _wake = new SafeSocketDescriptor(ProxyCalls.Check(ProxyCalls.Eventfd(), "Making an eventfd"));
        try
        {
            _epoll.Add((int)_wake.DangerousGetHandle(), SocketConstants.EPOLLIN, WakeData);
            foreach (string listen in settings.Listen)
            {
                _listeners.Add(ProxyListener.Open(ProxyRules.Read(listen)));
            }

            Name = settings.Name ?? ProxyRules.NameOf(Listening[0]);
            _copyReason = settings.Copy ? "it was asked to copy" : TryLoad(settings.MaxConnections, out _engine);
            _board = OpenBoard(options);
            if (_engine is not null)
            {
                _epoll.Add((int)_engine.SignalDescriptor.DangerousGetHandle(), SocketConstants.EPOLLIN, SignalData);
            }

            Listen(true);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Where it listens, with the ports that the kernel chose.</summary>
    public IReadOnlyList<string> Listening => [.. _listeners.Select(listener => listener.Address)];

    /// <summary>Why it copies all; empty where it splices what it can.</summary>
    public string CopyReason => _copyReason;

    /// <summary>Why nobody can list it; empty where they can.</summary>
    public string UnlistedReason { get; private set; } = string.Empty;

    private int Active => _connections.Length - _free.Count;

    /// <summary>Listens. Connections wait until <see cref="Run"/>.</summary>
    /// <exception cref="BypassException">A setting cannot be, an address cannot be listened on, a proxy has this name, or the
    /// kernel refused.</exception>
    public static ProxyServer Open(ProxySettings settings, ProxyServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        try
        {
            ProxyRules.Check(settings);
            return new ProxyServer(settings, options ?? new ProxyServerOptions());
        }
        catch (BpfException e)
        {
            throw KernelError.Explain(e);
        }
    }

    /// <summary>
    /// Serves until it is told to stop; then takes no more connections, and waits for those that there are to end, but not
    /// longer than <see cref="ProxySettings.StopTimeout"/>, or what <see cref="ProxyManager.Stop"/> asked for.
    /// </summary>
    /// <exception cref="BypassException">The kernel refused what it had not before.</exception>
    public ProxyReport Run(CancellationToken stop)
    {
        using CancellationTokenRegistration registration = stop.Register(() => ProxyCalls.Signal(_wake));
        try
        {
            Serve(stop);
            return Finish();
        }
        catch (BpfException e)
        {
            throw KernelError.Explain(e);
        }
    }

    /// <summary>Closes all that is open yet, with a reset.</summary>
    public void Dispose()
    {
        foreach (ProxyConnection connection in _connections.OfType<ProxyConnection>())
        {
            connection.Dispose();
        }

        Array.Clear(_connections);
        _listeners.ForEach(listener => listener.Dispose());
        _listeners.Clear();

        // Null where the constructor failed.
        _board?.Dispose();
        _engine?.Dispose();
        _wake.Dispose();
        _epoll.Dispose();
    }

    private string TryLoad(int connections, out SpliceEngine? engine)
    {
        engine = null;
        try
        {
            engine = SpliceEngine.Load(connections);
            return string.Empty;
        }
        catch (Exception e) when (e is BpfException or BpfRelocationException or BpfFormatException)
        {
            string reason = e is BpfException refused ? KernelError.Explain(refused).Message : e.Message;
            _log?.Invoke($"Connections are copied: {reason}");
            return reason;
        }
    }

    private ProxyBoard OpenBoard(ProxyServerOptions options)
    {
        ProxyDescription description = new()
        {
            Name = Name,
            ProcessId = Environment.ProcessId,
            StartedAt = DateTime.Now,
            Listen = Listening,
            To = _settings.To,
            MaxConnections = _settings.MaxConnections,
            CopyReason = _copyReason,
        };
        try
        {
            BypassStore store = BypassStore.FindOrCreate(options.BpfFileSystem, ProxyFolder.StoreName);
            return KernelError.Guard(() => ProxyBoard.Open(new ProxyFolder(store, Name), _connections.Length, description, _engine));
        }
        catch (BypassException e) when (options.AllowUnlisted && e.InnerException is BpfException)
        {
            UnlistedReason = e.Message;
            return ProxyBoard.Unlisted(_connections.Length);
        }
    }

    private void Serve(CancellationToken stop)
    {
        long end = long.MaxValue;
        while (true)
        {
            if (stop.IsCancellationRequested && end == long.MaxValue)
            {
                end = BeginToStop();
            }

            if (end != long.MaxValue && (Active == 0 || Environment.TickCount64 >= end))
            {
                return;
            }

            int count = _epoll.Wait(WaitingTime(end));
            for (int i = 0; i < count; i++)
            {
                (uint events, ulong data) = _epoll[i];
                Handle(events, data);
            }

            WorkOffQueue();
            GiveUpConnecting();
            if (!_isListening && end == long.MaxValue && _free.Count > 0 && Environment.TickCount64 >= _listenAgain)
            {
                Listen(true);
            }
        }
    }

    private int WaitingTime(long end)
    {
        if (_queued.Count > 0)
        {
            return _hasImpatient ? 0 : 1;
        }

        bool mustLook = _connecting.Count > 0 || end != long.MaxValue || (!_isListening && _free.Count > 0);
        return mustLook ? Tick : -1;
    }

    private long BeginToStop()
    {
        ref ProxyCounters counters = ref _board.Counters;
        ulong asked = Volatile.Read(ref counters.StopTimeout);
        TimeSpan timeout = asked == 0 ? _settings.StopTimeout : TimeSpan.FromMilliseconds(asked - 1);

        // Whoever has connected already takes it for a proxy that serves: closing the listener would reset him.
        _listeners.ForEach(Accept);
        Listen(false);
        _listeners.ForEach(listener => listener.Dispose());
        _listeners.Clear();
        counters.State = (ulong)ProxyState.Stopping;
        _log?.Invoke(string.Create(CultureInfo.InvariantCulture, $"Stopping: {Active} connections may go on for {timeout.TotalSeconds:0.#} s."));
        return Environment.TickCount64 + (long)timeout.TotalMilliseconds;
    }

    private ProxyReport Finish()
    {
        ref ProxyCounters counters = ref _board.Counters;
        foreach (ProxyConnection connection in _connections.OfType<ProxyConnection>().ToArray())
        {
            counters.DroppedConnections++;
            counters.DroppedBytes += (connection.Up?.UnsentBytes ?? 0) + (connection.Down?.UnsentBytes ?? 0);
            End(connection, reset: true);
        }

        counters.State = (ulong)ProxyState.Stopped;
        return new ProxyReport(Name, counters.Accepted, counters.DroppedConnections, counters.DroppedBytes);
    }

    private void Handle(uint events, ulong data)
    {
        if (data == SignalData)
        {
            ReadSignals();
        }
        else if (data == WakeData)
        {
            // Stays readable; nobody waits for it any more once it is.
            _epoll.Remove((int)_wake.DangerousGetHandle());
        }
        else if ((data & ListenerFlag) != 0)
        {
            Accept(_listeners[(int)(data & ~ListenerFlag)]);
        }
        else if (_connections[(int)((uint)data >> 1)] is { } connection && connection.Owns(data))
        {
            Handle(connection, events, isTarget: (data & 1) != 0);
        }
    }

    private void Handle(ProxyConnection connection, uint events, bool isTarget)
    {
        if (connection.Mode != ProxyMode.Connecting)
        {
            if ((events & SocketConstants.EPOLLERR) != 0 && connection.HasFailed())
            {
                Reset(connection);
                return;
            }

            Queue(connection, FlowOutcome.Again);
        }
        else if (isTarget && (events & (SocketConstants.EPOLLOUT | SocketConstants.EPOLLERR | SocketConstants.EPOLLHUP)) != 0)
        {
            if (connection.FinishConnecting())
            {
                Establish(connection);
            }
            else
            {
                Connect(connection);
            }
        }
    }

    private void ReadSignals()
    {
        _signals.Clear();
        _engine!.ReadSignals(_signals);
        foreach (int number in _signals)
        {
            if (_connections[number >> 1] is { Mode: ProxyMode.Spliced } connection)
            {
                Queue(connection, FlowOutcome.Again);
            }
        }
    }

    private void Accept(ProxyListener listener)
    {
        while (_free.Count > 0)
        {
            int descriptor = listener.Accept();
            if (descriptor is -Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM)
            {
                _log?.Invoke($"A connection could not be taken: {Errno.Describe(-descriptor)}.");
                _listenAgain = Environment.TickCount64 + Tick;
                Listen(false);
                return;
            }

            if (descriptor == -Errno.EAGAIN)
            {
                return;
            }

            // Any other error is of a connection that is gone again (accept(2)).
            if (descriptor >= 0)
            {
                Take(descriptor);
            }
        }

        Listen(false);
    }

    private void Take(int descriptor)
    {
        int first = _nextTarget;
        _nextTarget = (_nextTarget + 1) % _targets.Length;
        ProxyConnection connection = new(_epoll, _free.Dequeue(), ++_accepted, descriptor, Enumerable.Range(0, _targets.Length).Select(i => _targets[(first + i) % _targets.Length]));
        _connections[connection.Slot] = connection;
        _connecting.Add(connection);
        ref ProxyCounters counters = ref _board.Counters;
        counters.Accepted++;
        counters.Active = (ulong)Active;
        ref ProxyRecord record = ref _board.Record(connection.Slot);
        record = default;
        record.Began = DateTime.UtcNow.Ticks;
        _board.Tell(connection);
        Connect(connection);
    }

    private void Connect(ProxyConnection connection)
    {
        if (connection.ConnectNext(_settings.ConnectTimeout))
        {
            _board.Tell(connection);
            return;
        }

        _log?.Invoke($"No target for the connection of {connection.ClientAddress}: {connection.Reason}.");
        _board.Counters.Failed++;
        End(connection, reset: true);
    }

    private void Establish(ProxyConnection connection)
    {
        _connecting.Remove(connection);
        connection.Establish(_engine, _copyReason);
        if (connection.Mode == ProxyMode.Spliced)
        {
            _board.Counters.Spliced++;
        }
        else
        {
            _board.Counters.Copied++;
        }

        _board.Tell(connection);

        // What came before waits, and nobody tells of it any more.
        Queue(connection, FlowOutcome.Again);
    }

    private void GiveUpConnecting()
    {
        if (_connecting.Count == 0)
        {
            return;
        }

        long now = Environment.TickCount64;
        foreach (ProxyConnection connection in _connecting.Where(connection => connection.Deadline <= now).ToArray())
        {
            connection.GiveUpTarget();
            Connect(connection);
        }
    }

    private void Queue(ProxyConnection connection, FlowOutcome why)
    {
        _hasImpatient |= why == FlowOutcome.Again;
        if (!connection.IsQueued)
        {
            connection.IsQueued = true;
            _queued.Add(connection);
        }
    }

    private void WorkOffQueue()
    {
        (_queued, _working) = (_working, _queued);
        _hasImpatient = false;
        foreach (ProxyConnection connection in _working)
        {
            connection.IsQueued = false;
            if (ReferenceEquals(_connections[connection.Slot], connection))
            {
                Work(connection);
            }
        }

        _working.Clear();
    }

    private void Work(ProxyConnection connection)
    {
        ulong up = connection.Up!.CopiedBytes, down = connection.Down!.CopiedBytes;
        FlowOutcome outcome = connection.Pump(_buffer);
        ref ProxyCounters counters = ref _board.Counters;
        counters.CopiedBytesUp += connection.Up.CopiedBytes - up;
        counters.CopiedBytesDown += connection.Down.CopiedBytes - down;
        ref ProxyRecord record = ref _board.Record(connection.Slot);
        record.CopiedBytesUp = connection.Up.CopiedBytes;
        record.CopiedBytesDown = connection.Down.CopiedBytes;
        if (outcome == FlowOutcome.Failed)
        {
            Reset(connection);
        }
        else if (connection.IsDone)
        {
            End(connection, reset: false);
        }
        else if (outcome != FlowOutcome.Idle)
        {
            Queue(connection, outcome);
        }
    }

    private void Reset(ProxyConnection connection)
    {
        _board.Counters.Reset++;
        End(connection, reset: true);
    }

    private void End(ProxyConnection connection, bool reset)
    {
        _connecting.Remove(connection);
        connection.Close(reset);
        _connections[connection.Slot] = null;
        _free.Enqueue(connection.Slot);
        _board.Record(connection.Slot) = default;
        _board.Counters.Active = (ulong)Active;
    }

    /// <summary>Takes connections, or lets them wait.</summary>
    private void Listen(bool take)
    {
        if (_isListening == take)
        {
            return;
        }

        _isListening = take;
        for (int i = 0; i < _listeners.Count; i++)
        {
            if (take)
            {
                _epoll.Add(_listeners[i].Descriptor, SocketConstants.EPOLLIN, ListenerFlag | (uint)i);
            }
            else
            {
                _epoll.Remove(_listeners[i].Descriptor);
            }
        }
    }
}
