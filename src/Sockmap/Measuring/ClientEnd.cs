using System.Diagnostics;
using Sockmap.Sockets;
using Sockmap.Workers;

namespace Sockmap.Measuring;

/// <summary>The client's end of a way: a thread for each connection. All begin a round at once.</summary>
internal sealed class ClientEnd : IMeasuredEnd
{
    private const int StackSize = 256 << 10;

    private readonly MeasurementKind _kind;
    private readonly string _cgroup;
    private readonly byte[] _address;
    private readonly List<SafeSocketDescriptor> _sockets = [];
    private readonly List<ClientThread> _states = [];
    private readonly List<Thread> _threads = [];
    private readonly Barrier _turn;
    private long _duration;
    private bool _ends;

    private ClientEnd(MeasureRequest request)
    {
        _kind = request.Kind;
        _cgroup = request.Cgroup;
        _address = Convert.FromHexString(request.Address);
        _turn = new Barrier(request.Connections + 1);
    }

    /// <summary>Connects, and starts the threads.</summary>
    /// <exception cref="WorkerException">A connection could not be made.</exception>
    public static IMeasuredEnd Open(MeasureRequest request)
    {
        ClientEnd end = new(request);
        byte[] message = new byte[request.MessageSize];
        byte[] last = new byte[request.MessageSize];
        last[^1] = 1;
        bool isTcp = request.Arm != MeasurementArm.Unix;
        for (int i = 0; i < request.Connections; i++)
        {
            ClientThread state = new(message, last, isTcp);
            end._states.Add(state);
            int socket = end._kind == MeasurementKind.ConnectionRate ? -1 : end.Connect(isTcp);
            Thread thread = new(() => end.Work(state, socket), StackSize) { IsBackground = true, Name = "client" };
            end._threads.Add(thread);
            thread.Start();
        }

        return end;
    }

    /// <inheritdoc/>
    public MeasureReply Describe() => new();

    /// <inheritdoc/>
    public MeasureReply RunRound(TimeSpan time)
    {
        if (_kind == MeasurementKind.ConnectionRate)
        {
            // The process has been in those of other ways since, and sockets are made in the round.
            WorkerCgroup.Join(_cgroup);
        }

        _duration = (long)(time.TotalSeconds * Stopwatch.Frequency);
        _turn.SignalAndWait();
        _turn.SignalAndWait();
        if (_states.Select(state => state.Problem).FirstOrDefault(problem => problem is not null) is { } problem)
        {
            throw new WorkerException(problem);
        }

        LatencyHistogram all = new();
        _states.ForEach(state => all.Add(state.Histogram));
        return new MeasureReply
        {
            Units = _states.Sum(state => state.Units),
            Seconds = Stopwatch.GetElapsedTime(_states.Min(state => state.Began), _states.Max(state => state.Ended)).TotalSeconds,
            Buckets = all.Export(),
            MaximumNanoseconds = all.Maximum,
            Allocated = _states.Sum(state => state.Allocated),
        };
    }

    /// <inheritdoc/>
    public MeasureReply ReadTotals() => new()
    {
        Sent = _states.Sum(state => state.Sent),
        SentOverTcp = _states.Sum(state => state.ClosedOverTcp)
            + (_states[0].IsTcp ? _sockets.Sum(socket => MeasuredSocket.BytesSentOverTcp((int)socket.DangerousGetHandle())) : 0),
    };

    /// <inheritdoc/>
    public MeasureReply Close()
    {
        _ends = true;
        _turn.SignalAndWait();
        _threads.ForEach(thread => thread.Join());
        _sockets.ForEach(socket => socket.Dispose());
        return new MeasureReply();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Dispose();
        _sockets.ForEach(socket => socket.Dispose());
    }

    private int Connect(bool isTcp)
    {
        int number = MeasuredSocket.Create(_address);
        _sockets.Add(new SafeSocketDescriptor(number));
        MeasuredSocket.Connect(number, _address);
        MeasuredSocket.SetNoDelay(number, isTcp);
        return number;
    }

    private void Work(ClientThread state, int socket)
    {
        while (true)
        {
            _turn.SignalAndWait();
            if (_ends)
            {
                return;
            }

            state.Histogram.Clear();
            try
            {
                Run(state, socket);
            }
            catch (WorkerException e)
            {
                state.Problem = e.Message;
            }

            _turn.SignalAndWait();
        }
    }

    private void Run(ClientThread state, int socket)
    {
        switch (_kind)
        {
            case MeasurementKind.Latency:
                MeasuredLoops.PingPong(state, socket, _duration);
                break;
            case MeasurementKind.Throughput:
                MeasuredLoops.Stream(state, socket, _duration);
                break;
            default:
                MeasuredLoops.Connect(state, _address, _duration);
                break;
        }
    }
}
