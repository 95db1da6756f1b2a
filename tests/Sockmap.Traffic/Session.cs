using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Traffic.Interop;
using Sockmap.Traffic.Options;
using Sockmap.Traffic.Reporting;
using Sockmap.Traffic.Sockets;
using Sockmap.Traffic.Streams;

namespace Sockmap.Traffic;

/// <summary>All connections of this process, from the first socket to the result line.</summary>
internal sealed class Session(TrafficOptions options, Controls controls, TrafficOutput output, TaskCompletionSource<int> clientTarget)
{
    private readonly List<Connection> _connections = [];
    private readonly Lock _connectionsLock = new();
    private readonly Lock _endLock = new();
    private string _phase = "starting";
    private long _phaseStarted = Environment.TickCount64;
    private bool _ended;

    /// <summary>Makes the sockets on the calling thread (which is in the right namespace), runs the streams, ends the process.</summary>
    public void Run()
    {
        new Thread(Watch) { IsBackground = true }.Start();
        try
        {
            if (options.Role == Role.Server)
            {
                Serve();
            }
            else
            {
                Connect();
            }

            _phase = string.Empty;
            output.Write(new TrafficLine { Connected = [.. _connections.Select(c => c.ClientPort)] });
            foreach (Thread thread in _connections.SelectMany(c => c.Start(Failed)).ToArray())
            {
                thread.Join();
            }
        }
        catch (Exception e) when (e is SystemCallException or SocketException or TrafficException)
        {
            Failed(null, e);
        }

        End(ExitCode.Success, []);
    }

    public IReadOnlyList<ConnectionReport> Report()
    {
        lock (_connectionsLock)
        {
            return [.. _connections.Select(c => c.Report())];
        }
    }

    private void Serve()
    {
        IPEndPoint endPoint = EndPoints.Of(options);
        using StreamListener listener = options.Io == IoKind.Dotnet
            ? new DotnetStreamListener(endPoint, options)
            : new RawStreamListener(endPoint, options);
        output.Write(new TrafficLine { Listening = listener.Port });
        Enter("waiting for connections");
        for (int i = 0; i < options.Connections; i++)
        {
            // poll is cut into pieces so that the watchdog, which ends the process, is never the one that is waited for.
            while (!listener.Poll(1000))
            {
            }

            if (i == 0 && options.LateAcceptMs > 0)
            {
                Thread.Sleep(options.LateAcceptMs);
            }

            StreamSocket socket = listener.Accept();
            Add(socket, socket.Remote.Port, NewReceiver(socket.Remote.Port), null);
            Enter("waiting for connections");
        }
    }

    private void Connect()
    {
        Enter("waiting for the line 'port N'");
        int port = options.Port != 0 ? options.Port : clientTarget.Task.GetAwaiter().GetResult();
        IPEndPoint server = EndPoints.Of(options with { Port = port });
        for (int i = 0; i < options.Connections; i++)
        {
            Enter($"connecting to {server}");
            if (options.Io == IoKind.Dotnet)
            {
                StreamSocket socket = DotnetSockets.Connect(server, options);
                Add(socket, socket.Local.Port, NewReceiver(socket.Local.Port), null);
                continue;
            }

            ConnectRaw(new RawConnector(server, options));
        }
    }

    private void ConnectRaw(RawConnector connector)
    {
        CheckedReceiver receiver = NewReceiver(connector.LocalPort);
        var sender = new CheckedSender(Direction.Up, connector.LocalPort, options, controls, receiver);
        if (options.FastOpen && sender.Check() == Readiness.Ready)
        {
            StreamSocket socket = connector.Connect(sender.NextBytes().Span, out int sent);
            sender.Sent(sent);
            Add(socket, connector.LocalPort, receiver, sender);
        }
        else
        {
            Add(connector.Connect(), connector.LocalPort, receiver, sender);
        }
    }

    private CheckedReceiver NewReceiver(int clientPort) =>
        new(options.Role == Role.Server ? Direction.Up : Direction.Down, clientPort, options, controls)
        {
            PauseReached = offset => output.Write(new TrafficLine { ReaderPaused = offset }),
        };

    private void Add(StreamSocket socket, int clientPort, CheckedReceiver receiver, CheckedSender? sender)
    {
        sender ??= new CheckedSender(options.Role == Role.Server ? Direction.Down : Direction.Up, clientPort, options, controls, receiver);
        lock (_connectionsLock)
        {
            _connections.Add(new Connection(socket, sender, receiver, clientPort, options));
        }
    }

    private void Enter(string phase)
    {
        _phase = phase;
        Interlocked.Exchange(ref _phaseStarted, Environment.TickCount64);
    }

    private void Failed(Connection? connection, Exception exception)
    {
        switch (exception)
        {
            case TrafficException traffic:
                End(ExitCode.WrongBytes, [traffic.Error]);
                break;
            case SystemCallException or SocketException:
                string where = connection is null ? _phase : string.Create(CultureInfo.InvariantCulture,
                    $"connection {connection.ClientPort}, {connection.Sender.Offset} bytes sent, {connection.Receiver.Offset} received");
                End(ExitCode.SystemCall,
                    [new TrafficError { Kind = TrafficErrorKind.SystemCall, ClientPort = connection?.ClientPort ?? 0, Message = $"{exception.Message} ({where})" }]);
                break;
            default:
                // A defect of ours: let it end the process with its stack.
                Environment.FailFast(exception.Message, exception);
                break;
        }
    }

    private void Watch()
    {
        while (true)
        {
            Thread.Sleep(Math.Clamp(options.TimeoutMs / 10, 10, 250));
            string phase = _phase;
            if (phase.Length > 0)
            {
                if (Environment.TickCount64 - Interlocked.Read(ref _phaseStarted) > options.TimeoutMs + options.LateAcceptMs)
                {
                    string message = string.Create(CultureInfo.InvariantCulture, $"stalled while {phase}: {_connections.Count} of {options.Connections} connections are there");
                    End(ExitCode.Stalled, [new TrafficError { Kind = TrafficErrorKind.Stall, Message = message }]);
                }

                continue;
            }

            foreach (Connection connection in _connections)
            {
                if (connection.Sender.IdleMs > options.TimeoutMs || connection.Receiver.IdleMs > options.TimeoutMs)
                {
                    End(ExitCode.Stalled, [.. _connections.SelectMany(Stalls)]);
                }
            }
        }
    }

    private IEnumerable<TrafficError> Stalls(Connection connection)
    {
        foreach (StreamEnd end in new StreamEnd[] { connection.Sender, connection.Receiver })
        {
            if (end.Finished)
            {
                continue;
            }

            string total = end.Expected == TrafficOptions.UntilStopped ? "no end" : end.Expected.ToString(CultureInfo.InvariantCulture);
            string verb = end is CheckedSender ? "sending" : "receiving";
            string state = end.Waiting ? "held back by this process" : string.Create(CultureInfo.InvariantCulture, $"no progress for {end.IdleMs} ms");
            yield return new TrafficError
            {
                Kind = TrafficErrorKind.Stall,
                ClientPort = connection.ClientPort,
                Direction = end.Direction,
                Offset = end.Offset,
                Message = string.Create(CultureInfo.InvariantCulture, $"{verb} stalled at offset {end.Offset} of {total} ({state})"),
            };
        }
    }

    private void End(ExitCode exitCode, IReadOnlyList<TrafficError> errors)
    {
        lock (_endLock)
        {
            // The first to come tells what happened; Exit never returns, so the others stay at the lock.
            if (!_ended)
            {
                _ended = true;
                output.Write(new TrafficLine { Result = new TrafficResult { ExitCode = exitCode, Connections = Report(), Errors = errors } });
                Environment.Exit((int)exitCode);
            }
        }
    }
}
