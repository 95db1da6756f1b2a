using Sockmap.Traffic.Options;
using Sockmap.Traffic.Reporting;
using Sockmap.Traffic.Sockets;
using Sockmap.Traffic.Streams;

namespace Sockmap.Traffic;

/// <summary>One connection: its two streams and the threads that move them.</summary>
internal sealed class Connection : IDisposable
{
    // How often a thread looks again whether what holds it back is over.
    private const int RecheckMs = 2;

    private readonly StreamSocket _socket;
    private readonly bool _single;
    private readonly bool _turns;
    private readonly object _turn = new();

    public Connection(StreamSocket socket, CheckedSender sender, CheckedReceiver receiver, int clientPort, TrafficOptions options)
    {
        _socket = socket;
        _single = options.Threads == ThreadKind.Shared;
        _turns = options.Pattern is TrafficPattern.PingPong or TrafficPattern.ServerSpeaksFirst;
        Sender = sender;
        Receiver = receiver;
        ClientPort = clientPort;
    }

    public int ClientPort { get; }

    public CheckedSender Sender { get; }

    public CheckedReceiver Receiver { get; }

    /// <summary>Starts the threads; <paramref name="failed"/> gets whatever ends one of them early.</summary>
    public IReadOnlyList<Thread> Start(Action<Connection, Exception> failed)
    {
        Action[] bodies = _single ? [MoveBoth] : [SendAll, ReceiveAll];
        return [.. bodies.Select(body =>
        {
            var thread = new Thread(() =>
            {
                try
                {
                    body();
                }
                catch (Exception e)
                {
                    failed(this, e);
                }
            })
            { IsBackground = true };
            thread.Start();
            return thread;
        })];
    }

    public ConnectionReport Report() => new()
    {
        ClientPort = ClientPort,
        LocalAddress = _socket.Local.Address.ToString(),
        LocalPort = _socket.Local.Port,
        RemoteAddress = _socket.Remote.Address.ToString(),
        RemotePort = _socket.Remote.Port,
        BytesSent = Sender.Offset,
        BytesReceived = Receiver.Offset,
        Messages = Sender.Messages,
        Receives = Receiver.Operations,
        SmallestReceive = Receiver.Smallest,
        LargestReceive = Receiver.Largest,
        SpuriousEagain = _socket.SpuriousEagain,
        SendFinished = Sender.Finished,
        ReceiveFinished = Receiver.Finished,
        SentWithSyn = _socket.SentWithSyn,
    };

    public void Dispose() => _socket.Dispose();

    private void SendAll()
    {
        while (true)
        {
            Readiness readiness;
            lock (_turn)
            {
                while ((readiness = Sender.Check()) == Readiness.Waiting)
                {
                    Sender.Waiting = true;
                    Monitor.Wait(_turn, RecheckMs);
                }
            }

            Sender.Waiting = false;
            if (readiness == Readiness.Finished)
            {
                Sender.Shutdown(_socket);
                return;
            }

            Sender.SendSome(_socket, dontWait: false);
        }
    }

    private void ReceiveAll()
    {
        while (true)
        {
            Readiness readiness;
            while ((readiness = Receiver.Check()) == Readiness.Waiting)
            {
                Receiver.Waiting = true;
                Thread.Sleep(RecheckMs);
            }

            Receiver.Waiting = false;
            if (readiness == Readiness.Finished)
            {
                return;
            }

            Receiver.ReceiveSome(_socket, dontWait: false);
            if (_turns)
            {
                lock (_turn)
                {
                    Monitor.PulseAll(_turn);
                }
            }
        }
    }

    private void MoveBoth()
    {
        while (true)
        {
            Readiness send = Sender.Check();
            Readiness receive = Receiver.Check();
            Sender.Waiting = send == Readiness.Waiting;
            Receiver.Waiting = receive == Readiness.Waiting;
            if (send == Readiness.Finished && !Sender.Finished)
            {
                Sender.Shutdown(_socket);
            }

            if (send == Readiness.Finished && receive == Readiness.Finished)
            {
                return;
            }

            bool forRead = receive == Readiness.Ready;
            bool forWrite = send == Readiness.Ready;
            if (!forRead && !forWrite)
            {
                Thread.Sleep(RecheckMs);
                continue;
            }

            // A turn that waits for bytes ends with POLLIN; what is held back by a line or the clock is looked at again.
            if (!_socket.Poll(forRead, forWrite, RecheckMs))
            {
                continue;
            }

            if (forRead && _socket.Poll(forRead: true, forWrite: false, 0))
            {
                Receiver.ReceiveSome(_socket, dontWait: true);
            }

            if (forWrite)
            {
                Sender.SendSome(_socket, dontWait: true);
            }
        }
    }
}
