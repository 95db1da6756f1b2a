using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Filters;
using Sockmap.Interop;
using Sockmap.Workers;

namespace Sockmap.Proof;

/// <summary>
/// A connection whose both ends are this process's. One thread does all, and waits in no recv(): a bypass leaves bytes on
/// TCP while somebody does.
/// </summary>
internal sealed class CheckedConnection : IDisposable
{
    // Of struct tcp_info, include/uapi/linux/tcp.h.
    private const int BytesSentOffset = 200;
    private const int BytesRetransmittedOffset = 208;
    private const int InfoLength = 256;

    private const int Rounds = 4;
    private const int FreePortTries = 16;

    private static readonly int[] MessageSizes = [1, 64, 4096, CheckedBytes.MaxLength];

    private readonly Socket _client;
    private readonly Socket _server;
    private readonly TimeSpan _stall;
    private readonly byte[] _buffer = new byte[CheckedBytes.MaxLength];
    private long _sentByClient;
    private long _sentByServer;

    private CheckedConnection(Socket client, Socket server, TimeSpan stall)
    {
        _client = client;
        _server = server;
        _stall = stall;
        foreach (Socket end in (Socket[])[client, server])
        {
            end.NoDelay = true;
            end.Blocking = false;

            // Ends with a reset: TIME_WAIT would hold the port for a minute.
            end.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }

    /// <summary>Address of both ends.</summary>
    public IPAddress Address => ((IPEndPoint)_server.LocalEndPoint!).Address;

    /// <summary>Port that was listened on.</summary>
    public int Port => ((IPEndPoint)_server.LocalEndPoint!).Port;

    /// <summary>The end that connected, as it is now.</summary>
    public ProofEnd Client => Describe(_client, _sentByClient);

    /// <summary>The end that accepted, as it is now.</summary>
    public ProofEnd Server => Describe(_server, _sentByServer);

    /// <summary>Connects on the first address that has one of the ports free; null, and why, where none has.</summary>
    /// <exception cref="WorkerException">The connection was not made.</exception>
    public static CheckedConnection? TryOpen(IEnumerable<IPAddress> addresses, IReadOnlyList<PortRange> ports, TimeSpan stall, out string problem)
    {
        List<string> problems = [];
        foreach (IPAddress address in addresses)
        {
            using Socket? listener = TryListen(address, ports, out SocketError error);
            if (listener is null)
            {
                problems.Add($"{address}: {new SocketException((int)error).Message}");
                continue;
            }

            problem = string.Empty;
            return Connect(listener, address, stall);
        }

        problem = string.Join("; ", problems);
        return null;
    }

    /// <summary>Sends short and long messages both ways, and checks every byte that comes.</summary>
    /// <exception cref="WorkerException">A byte was wrong, or did not come in time.</exception>
    public void Exchange()
    {
        for (int round = 0; round < Rounds; round++)
        {
            foreach (int size in MessageSizes)
            {
                Pass(_client, _server, size, ref _sentByClient);
                Pass(_server, _client, size, ref _sentByServer);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    /// <summary>A listener on a port of those given: any free one of the kernel's choice first, then one after the other.</summary>
    private static Socket? TryListen(IPAddress address, IReadOnlyList<PortRange> ports, out SocketError error)
    {
        error = SocketError.AddressAlreadyInUse;
        List<Socket> unfit = [];
        try
        {
            for (int i = 0; i < FreePortTries; i++)
            {
                if (TryListen(address, 0, out error) is not { } listener)
                {
                    break;
                }

                int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
                if (ports.Any(range => range.First <= port && port <= range.Last))
                {
                    return listener;
                }

                unfit.Add(listener);
            }
        }
        finally
        {
            unfit.ForEach(socket => socket.Dispose());
        }

        // Ports of services are mostly low ones.
        foreach (int port in ports.Reverse().SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1).Reverse()))
        {
            if (TryListen(address, port, out error) is { } listener)
            {
                return listener;
            }

            if (error is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
            {
                break;
            }
        }

        return null;
    }

    private static Socket? TryListen(IPAddress address, int port, out SocketError error)
    {
        Socket? listener = null;
        try
        {
            listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen(16);
            error = SocketError.Success;
            return listener;
        }
        catch (SocketException e)
        {
            listener?.Dispose();
            error = e.SocketErrorCode;
            return null;
        }
    }

    private static CheckedConnection Connect(Socket listener, IPAddress address, TimeSpan stall)
    {
        Socket client = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            client.Bind(new IPEndPoint(address, 0));

            // Not ConnectAsync: it leaves the socket in an epoll set, which counts as somebody who waits.
            client.Connect(listener.LocalEndPoint!);
            while (true)
            {
                if (!listener.Poll(stall, SelectMode.SelectRead))
                {
                    throw new WorkerException($"The connection to {listener.LocalEndPoint} was not accepted.");
                }

                // Somebody else may look for a service on this port.
                Socket server = listener.Accept();
                if (server.RemoteEndPoint!.Equals(client.LocalEndPoint))
                {
                    return new CheckedConnection(client, server, stall);
                }

                server.Dispose();
            }
        }
        catch (SocketException e)
        {
            client.Dispose();
            throw new WorkerException($"No connection to {listener.LocalEndPoint} came about: {e.Message}", e);
        }
    }

    private static ProofEnd Describe(Socket socket, long sent)
    {
        Span<byte> cookie = stackalloc byte[sizeof(ulong)];
        socket.GetRawSocketOption(SocketConstants.SOL_SOCKET, SocketConstants.SO_COOKIE, cookie);
        Span<byte> info = stackalloc byte[InfoLength];
        int length = socket.GetRawSocketOption(SocketConstants.IPPROTO_TCP, SocketConstants.TCP_INFO, info);
        if (length < BytesRetransmittedOffset + sizeof(ulong))
        {
            throw new WorkerException(string.Create(CultureInfo.InvariantCulture, $"TCP_INFO has {length} bytes on this kernel, and no counter of bytes sent (Linux 4.19)."));
        }

        return new ProofEnd(
            ((IPEndPoint)socket.LocalEndPoint!).Port,
            MemoryMarshal.Read<ulong>(cookie),
            (ulong)sent,
            MemoryMarshal.Read<ulong>(info[BytesSentOffset..]) - MemoryMarshal.Read<ulong>(info[BytesRetransmittedOffset..]));
    }

    private void Pass(Socket sender, Socket receiver, int size, ref long position)
    {
        int sent = 0;
        int received = 0;
        long progress = Stopwatch.GetTimestamp();
        while (received < size)
        {
            int before = sent + received;
            if (sent < size)
            {
                sent += Done(sender.Send(CheckedBytes.At(position + sent, size - sent), SocketFlags.None, out SocketError error), error, "send");
            }

            int more = Done(receiver.Receive(_buffer.AsSpan(0, size - received), SocketFlags.None, out SocketError failure), failure, "receive");
            if (more == 0 && failure == SocketError.Success)
            {
                throw new WorkerException(string.Create(CultureInfo.InvariantCulture, $"The connection ended after {position + received} bytes."));
            }

            int same = CheckedBytes.CountRight(_buffer.AsSpan(0, more), position + received);
            if (same < more)
            {
                throw new WorkerException(string.Create(CultureInfo.InvariantCulture, $"Byte {position + received + same} was not the one that was sent."));
            }

            received += more;
            if (sent + received > before)
            {
                progress = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(progress) > _stall)
            {
                throw new WorkerException(string.Create(
                    CultureInfo.InvariantCulture, $"Of {position + sent} bytes sent one way {position + received} arrived, and no more for {_stall.TotalSeconds:0.#} s."));
            }
            else
            {
                // Shortly, as waiting is seen: the next message may be the one that has to find nobody waiting.
                receiver.Poll(TimeSpan.FromMilliseconds(1), SelectMode.SelectRead);
            }
        }

        position += size;
    }

    private static int Done(int count, SocketError error, string what) => error switch
    {
        SocketError.Success => count,
        SocketError.WouldBlock => 0,
        _ => throw new WorkerException($"A {what} failed: {new SocketException((int)error).Message}"),
    };
}
