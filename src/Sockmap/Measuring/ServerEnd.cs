using System.Buffers.Binary;
using System.Net;
using Sockmap.Bpf;
using Sockmap.Interop;
using Sockmap.Sockets;
using Sockmap.Workers;

namespace Sockmap.Measuring;

/// <summary>The server's end of a way: as many threads as there are connections, each of which takes the next one.</summary>
internal sealed class ServerEnd : IMeasuredEnd
{
    private const int StackSize = 256 << 10;
    private const int Backlog = 4096;
    private const int AddressLength = 16;
    private const int LongestAddress = 128;

    private readonly MeasurementKind _kind;
    private readonly bool _isTcp;
    private readonly SafeSocketDescriptor _listener;
    private readonly List<ServerThread> _states = [];
    private readonly List<Thread> _threads = [];

    private ServerEnd(MeasurementKind kind, bool isTcp, SafeSocketDescriptor listener)
    {
        _kind = kind;
        _isTcp = isTcp;
        _listener = listener;
    }

    /// <summary>Listens, and starts the threads.</summary>
    /// <exception cref="WorkerException">It cannot listen.</exception>
    public static IMeasuredEnd Open(MeasureRequest request)
    {
        bool isTcp = request.Arm != MeasurementArm.Unix;
        byte[] address = isTcp ? AnyLoopbackPort() : AnyUnixName();
        ServerEnd end = new(request.Kind, isTcp, new SafeSocketDescriptor(MeasuredSocket.Create(address)));
        MeasuredSocket.Check(SocketCalls.Bind(end._listener, address), "bind");
        MeasuredSocket.Check(SocketCalls.Listen(end._listener, Backlog), "listen");
        byte[] message = new byte[request.MessageSize];
        for (int i = 0; i < request.Connections; i++)
        {
            ServerThread state = new(message);
            end._states.Add(state);
            Thread thread = new(() => end.Work(state), StackSize) { IsBackground = true, Name = "server" };
            end._threads.Add(thread);
            thread.Start();
        }

        return end;
    }

    /// <inheritdoc/>
    public MeasureReply Describe()
    {
        Span<byte> address = stackalloc byte[LongestAddress];
        int length = MeasuredSocket.Check(SocketCalls.GetSocketName(_listener, address), "getsockname");
        return new MeasureReply { Address = Convert.ToHexString(address[..length]) };
    }

    /// <inheritdoc/>
    public MeasureReply RunRound(TimeSpan time) => throw new WorkerException("The server runs no rounds.");

    /// <inheritdoc/>
    public MeasureReply ReadTotals() => new()
    {
        Sent = _states.Sum(state => state.Sent),

        // A rate's connections come and go while this is asked, and the server sends nothing over them.
        SentOverTcp = _isTcp && _kind != MeasurementKind.ConnectionRate
            ? _states.Where(state => state.Socket >= 0).Sum(state => MeasuredSocket.BytesSentOverTcp(state.Socket))
            : 0,
    };

    /// <inheritdoc/>
    public MeasureReply Close()
    {
        // Wakes those who wait for a connection.
        MeasuredSocket.Check(SocketCalls.Shutdown(_listener, SocketConstants.SHUT_RDWR), "shutdown");
        _threads.ForEach(thread => thread.Join());
        return _states.Select(state => state.Problem).FirstOrDefault(problem => problem is not null) is { } problem
            ? throw new WorkerException(problem)
            : new MeasureReply { Allocated = _states.Sum(state => state.Allocated) };
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    // struct sockaddr_in: the kernel chooses the port.
    private static byte[] AnyLoopbackPort()
    {
        byte[] address = new byte[AddressLength];
        BinaryPrimitives.WriteUInt16LittleEndian(address, SocketConstants.AF_INET);
        IPAddress.Loopback.TryWriteBytes(address.AsSpan(4), out _);
        return address;
    }

    // A family and no name: the kernel chooses an abstract one, unix(7).
    private static byte[] AnyUnixName()
    {
        byte[] address = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(address, SocketConstants.AF_UNIX);
        return address;
    }

    private void Work(ServerThread state)
    {
        try
        {
            while (true)
            {
                int socket = SocketCalls.Accept(_listener);
                if (socket == -Errno.EINVAL)
                {
                    // Nothing listens any more.
                    break;
                }

                MeasuredSocket.Check(socket, "accept");
                state.Socket = socket;
                try
                {
                    Serve(state, socket);
                    state.Finish();
                }
                finally
                {
                    state.Socket = -1;
                    _ = SocketCalls.Close(socket);
                }

                state.CountMessage();
            }
        }
        catch (WorkerException e)
        {
            state.Problem = e.Message;
        }
    }

    private void Serve(ServerThread state, int socket)
    {
        MeasuredSocket.SetNoDelay(socket, _isTcp);
        switch (_kind)
        {
            case MeasurementKind.Latency:
                MeasuredLoops.Echo(state, socket);
                break;
            case MeasurementKind.Throughput:
                MeasuredLoops.Sink(state, socket);
                break;
            default:
                MeasuredLoops.TakeOne(state, socket);
                break;
        }
    }
}
