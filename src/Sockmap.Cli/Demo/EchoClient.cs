using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Sockmap.Cli.Output;
using Sockmap.Proof;
using Sockmap.Workers;

namespace Sockmap.Cli.Demo;

/// <summary>Sends checked bytes to the echo server, verifies each that comes back, and measures.</summary>
internal sealed class EchoClient : IDisposable
{
    /// <summary>What the parent says to have a connection made and measured; the answer is a <see cref="DemoMeasurement"/>.</summary>
    public const string MeasureCommand = "measure";

    /// <summary>What the parent says to have that connection closed; it stays open before, for its entries to be seen.</summary>
    public const string CloseCommand = "close";

    private const int MessageSize = 64;

    private static readonly TimeSpan WarmUpTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RoundTripTime = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan StreamTime = TimeSpan.FromMilliseconds(400);

    private readonly Socket socket = BlockingSocket.Create();
    private readonly byte[] buffer = new byte[CheckedBytes.MaxLength];
    private long sent;
    private long received;

    private EchoClient(int port)
    {
        socket.NoDelay = true;
        socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>Does what the parent says, until the parent ends it.</summary>
    public static void Run(ParentLink parent, int port)
    {
        try
        {
            Obey(parent, port);
        }
        catch (SocketException exception)
        {
            throw new DemoException($"The connection to the echo server broke: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private static void Obey(ParentLink parent, int port)
    {
        EchoClient? client = null;
        while (true)
        {
            switch (parent.Read())
            {
                case MeasureCommand:
                    client?.Dispose();
                    client = new EchoClient(port);
                    parent.Write(JsonSerializer.Serialize(client.Measure(), CliJsonContext.Default.DemoMeasurement));
                    break;
                case CloseCommand:
                    client?.Dispose();
                    client = null;
                    parent.Write(CloseCommand);
                    break;
                case string line:
                    throw new DemoException($"The parent said '{line}', which means nothing to the client.");
            }
        }
    }

    private DemoMeasurement Measure()
    {
        RoundTrips(WarmUpTime);
        List<long> times = RoundTrips(RoundTripTime);
        times.Sort();
        double bytesPerSecond = Stream(StreamTime);
        return new DemoMeasurement
        {
            RoundTrips = times.Count,
            MedianNanoseconds = Nanoseconds(times[times.Count / 2]),
            Percentile99Nanoseconds = Nanoseconds(times[(int)(times.Count * 0.99)]),
            BytesPerSecond = bytesPerSecond,
            BytesEchoed = received,
        };
    }

    private List<long> RoundTrips(TimeSpan time)
    {
        List<long> times = [];
        Span<byte> answer = buffer.AsSpan(0, MessageSize);
        for (long began = Stopwatch.GetTimestamp(), now = began; Stopwatch.GetElapsedTime(began, now) < time;)
        {
            BlockingSocket.SendAll(socket, CheckedBytes.At(sent, MessageSize));
            BlockingSocket.ReceiveAll(socket, answer);
            long after = Stopwatch.GetTimestamp();
            times.Add(after - now);
            sent += MessageSize;
            Verify(answer);

            // Checking the bytes is not part of the round trip.
            now = Stopwatch.GetTimestamp();
        }

        return times;
    }

    /// <summary>Sends as fast as it can while another thread takes back what the server echoes; bytes a second, one way.</summary>
    private double Stream(TimeSpan time)
    {
        // Known before the last block is sent, so that the receiver never waits for a block that does not come.
        long end = long.MaxValue;
        Exception? fault = null;
        Thread receiver = new(() =>
        {
            try
            {
                while (received < Volatile.Read(ref end))
                {
                    int count = BlockingSocket.Receive(socket, buffer);
                    if (count == 0)
                    {
                        throw new DemoException("The server closed the connection in the middle of the stream.");
                    }

                    Verify(buffer.AsSpan(0, count));
                }
            }
            catch (Exception exception) when (exception is DemoException or SocketException)
            {
                fault = exception;

                // Wakes the sender, which would wait for room for ever.
                socket.Dispose();
            }
        });
        receiver.Start();
        long first = sent;
        long began = Stopwatch.GetTimestamp();
        try
        {
            for (bool last = false; !last; sent += CheckedBytes.MaxLength)
            {
                last = Stopwatch.GetElapsedTime(began) >= time;
                if (last)
                {
                    Volatile.Write(ref end, sent + CheckedBytes.MaxLength);
                }

                BlockingSocket.SendAll(socket, CheckedBytes.At(sent, CheckedBytes.MaxLength));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            receiver.Join();
            throw new DemoException($"The stream broke: {(fault ?? exception).Message}", exception);
        }

        receiver.Join();
        return fault is null
            ? (sent - first) / Stopwatch.GetElapsedTime(began).TotalSeconds
            : throw new DemoException($"The stream broke: {fault.Message}", fault);
    }

    private void Verify(ReadOnlySpan<byte> arrived)
    {
        int right = CheckedBytes.CountRight(arrived, received);
        if (right < arrived.Length)
        {
            throw new DemoException(
                $"Byte {received + right} of the stream came back as {arrived[right]} and was sent as {CheckedBytes.At(received + right, 1)[0]}.");
        }

        received += arrived.Length;
    }

    private static double Nanoseconds(long ticks) => ticks * (1e9 / Stopwatch.Frequency);
}
