using Sockmap.Traffic.Options;
using Sockmap.Traffic.Reporting;

namespace Sockmap.TestKit.Traffic;

/// <summary>A server and a client at work. Dispose kills both.</summary>
public sealed class RunningStreams : IDisposable
{
    private readonly TimeSpan _deadline;

    internal RunningStreams(TrafficProcess server, TrafficProcess client, TimeSpan deadline)
    {
        Server = server;
        Client = client;
        _deadline = deadline;
    }

    public TrafficProcess Server { get; }

    public TrafficProcess Client { get; }

    /// <summary>Returns when both ends have all connections.</summary>
    public void WaitUntilConnected()
    {
        _ = Client.ConnectedPorts;
        _ = Server.ConnectedPorts;
    }

    /// <summary>Waits until each end has received so many bytes more than now.</summary>
    public void WaitForTraffic(long bytes)
    {
        foreach (TrafficProcess process in new[] { Server, Client })
        {
            if (process.Options.BytesOf(process == Server ? Direction.Up : Direction.Down) > 0)
            {
                process.WaitUntilReceived(process.Status().Sum(c => c.BytesReceived) + bytes);
            }
        }
    }

    public void SendCommand(string command)
    {
        Server.SendCommand(command);
        Client.SendCommand(command);
    }

    /// <summary>Ends streams without a fixed total, then does what <see cref="Finish"/> does.</summary>
    public StreamReport Stop()
    {
        SendCommand("stop");
        return Finish();
    }

    /// <summary>Waits for both ends and compares what they saw.</summary>
    /// <exception cref="TrafficFailedException">A byte is wrong, a stream stalled, or a process failed; the message tells both sides.</exception>
    public StreamReport Finish()
    {
        // When one end has failed the other may wait for ever: it gets a moment to tell its side.
        long end = Environment.TickCount64 + (long)_deadline.TotalMilliseconds;
        while (!(Server.HasEnded && Client.HasEnded) && !Server.HasFailed && !Client.HasFailed && Environment.TickCount64 < end)
        {
            Thread.Sleep(1);
        }

        bool failed = Server.HasFailed || Client.HasFailed;
        TimeSpan left = TimeSpan.FromMilliseconds(failed ? 500 : Math.Max(1, end - Environment.TickCount64));
        TrafficOutcome server = Server.WaitForExit(left);
        TrafficOutcome client = Client.WaitForExit(left);
        if (!server.Succeeded || !client.Succeeded)
        {
            throw new TrafficFailedException($"Checked streams failed.\n  server: {server}\n  client: {client}", server, client);
        }

        Compare(server, client);
        return new StreamReport(server.Result!, client.Result!);
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private static void Compare(TrafficOutcome server, TrafficOutcome client)
    {
        Dictionary<int, ConnectionReport> served = server.Result!.Connections.ToDictionary(c => c.ClientPort);
        foreach (ConnectionReport up in client.Result!.Connections)
        {
            if (!served.Remove(up.ClientPort, out ConnectionReport? down))
            {
                throw new TrafficFailedException($"The server knows nothing of the connection from port {up.ClientPort}.", server, client);
            }

            // Streams that run until stopped have no total that the receiver could know.
            if (up.BytesSent != down.BytesReceived || down.BytesSent != up.BytesReceived)
            {
                throw new TrafficFailedException(
                    $"Connection {up.ClientPort}: up {up.BytesSent} bytes sent, {down.BytesReceived} received; down {down.BytesSent} sent, {up.BytesReceived} received.",
                    server, client);
            }
        }

        if (served.Count > 0)
        {
            throw new TrafficFailedException($"The client knows nothing of the connections from ports {string.Join(", ", served.Keys)}.", server, client);
        }
    }
}
