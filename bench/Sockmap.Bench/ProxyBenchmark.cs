using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Proxies;

namespace Sockmap.Bench;

/// <summary>
/// Bytes through a proxy over loopback, by ours (the kernel splices), by ours that copies, by socat, by systemd-socket-proxyd
/// and by a plain loop in C#; each round one after the other. CPU time is the whole machine's, since much of the kernel's work
/// is done by its own threads.
/// </summary>
internal static class ProxyBenchmark
{
    private const int WriteSize = 64 << 10;
    private const int MessageSize = 64;
    private const int TicksPerSecond = 100;
    private const double PacedRate = 200e6;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(700);

    private static readonly string[] Arms = ["spliced", "copied by us", "socat", "systemd-socket-proxyd", "plain C# loop"];

    /// <summary>A proxy as one writes it in an hour: a loop for each way.</summary>
    public static int Plain(int port, int target)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(128);
        while (true)
        {
            Socket client = listener.Accept();
            Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            server.Connect(IPAddress.Loopback, target);
            client.NoDelay = server.NoDelay = true;
            _ = Copy(client, server);
            _ = Copy(server, client);
        }

        static async Task Copy(Socket from, Socket to)
        {
            byte[] buffer = new byte[WriteSize];
            try
            {
                for (int count; (count = await from.ReceiveAsync(buffer)) > 0;)
                {
                    for (int sent = 0; sent < count;)
                    {
                        sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                    }
                }

                to.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // One that was reset, as the benchmark ends.
                from.Dispose();
                to.Dispose();
            }
        }
    }

    public static int Run(string sockmap, int rounds)
    {
        using Socket target = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        target.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        target.Listen(128);
        int to = ((IPEndPoint)target.LocalEndPoint!).Port;
        int[] ports = [.. Arms.Select(_ => FreePort())];
        List<Process> processes = [];
        try
        {
            for (int i = 0; i < Arms.Length; i++)
            {
                processes.Add(Start(sockmap, i, ports[i], to));
            }

            double[][] speed = Fill(rounds), cost = Fill(rounds), paced = Fill(rounds), latency = Fill(rounds);
            for (int round = -1; round < rounds; round++)
            {
                for (int i = 0; i < Arms.Length; i++)
                {
                    (double megabytes, double seconds) = Stream(ports[i], target, double.PositiveInfinity);
                    (_, double pacedSeconds) = Stream(ports[i], target, PacedRate);
                    double trip = Trips(ports[i], target);
                    if (round >= 0)
                    {
                        (speed[i][round], cost[i][round], paced[i][round], latency[i][round]) = (megabytes, seconds, pacedSeconds, trip);
                    }
                }
            }

            Print(rounds, speed, cost, paced, latency);
            return 0;
        }
        finally
        {
            // Ours clear up when they are told to stop.
            ProxyManager manager = new();
            foreach (string name in new[] { NameOf(0), NameOf(1) }.Intersect(manager.ListNames(), StringComparer.Ordinal))
            {
                manager.Stop(name, TimeSpan.Zero);
            }

            processes.ForEach(static process =>
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                process.Dispose();
            });
        }
    }

    private static double[][] Fill(int rounds) => [.. Arms.Select(_ => new double[rounds])];

    private static Process Start(string sockmap, int arm, int port, int to)
    {
        string from = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        string target = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{to}");
        string name = NameOf(arm);
        (string program, string[] arguments) = arm switch
        {
            0 => (sockmap, (string[])["proxy", "--name", name, "--listen", from, "--to", target]),
            1 => (sockmap, ["proxy", "--name", name, "--copy", "--listen", from, "--to", target]),
            2 => ("socat", ["-b65536", string.Create(CultureInfo.InvariantCulture, $"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,nodelay"), $"TCP:{target},nodelay"]),
            3 => ("systemd-socket-activate", ["-l", from, "/lib/systemd/systemd-socket-proxyd", target]),
            _ => (Environment.ProcessPath!, ["plain-proxy", port.ToString(CultureInfo.InvariantCulture), to.ToString(CultureInfo.InvariantCulture)]),
        };
        return Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private static string NameOf(int arm) => string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}-{arm}");

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static (Socket Client, Socket Server) Connect(int port, Socket target)
    {
        // The program may not listen yet, the first time.
        for (long began = Stopwatch.GetTimestamp(); ;)
        {
            Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                client.Connect(IPAddress.Loopback, port);
                Socket server = target.Accept();
                server.NoDelay = true;
                return (client, server);
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10))
            {
                client.Dispose();
                Thread.Sleep(20);
            }
        }
    }

    /// <summary>Megabytes a second, and the machine's CPU seconds for a gigabyte, of so many bytes a second at most.</summary>
    private static (double Speed, double Cost) Stream(int port, Socket target, double rate)
    {
        (Socket client, Socket server) = Connect(port, target);
        using (client)
        using (server)
        {
            long received = 0;
            double cpu = BusySeconds();
            long began = Stopwatch.GetTimestamp();
            Thread reader = new(() =>
            {
                byte[] buffer = new byte[256 << 10];
                for (int count; (count = server.Receive(buffer)) > 0;)
                {
                    received += count;
                }
            });
            reader.Start();
            byte[] data = new byte[WriteSize];
            for (long sent = 0; Stopwatch.GetElapsedTime(began) is var elapsed && elapsed < RoundTime;)
            {
                if (sent > rate * elapsed.TotalSeconds)
                {
                    Thread.Sleep(1);
                    continue;
                }

                sent += client.Send(data);
            }

            client.Shutdown(SocketShutdown.Send);
            reader.Join();
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            return (received / seconds / 1e6, (BusySeconds() - cpu) / (received / 1e9));
        }
    }

    /// <summary>The median of round trips, in microseconds.</summary>
    private static double Trips(int port, Socket target)
    {
        (Socket client, Socket server) = Connect(port, target);
        using (client)
        using (server)
        {
            Thread echo = new(() =>
            {
                byte[] buffer = new byte[MessageSize];
                while (TryReceive(server, buffer))
                {
                    server.Send(buffer);
                }
            });
            echo.Start();
            byte[] message = new byte[MessageSize];
            List<double> trips = [];
            for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < RoundTime / 2;)
            {
                long start = Stopwatch.GetTimestamp();
                client.Send(message);
                TryReceive(client, message);
                trips.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }

            client.Shutdown(SocketShutdown.Send);
            echo.Join();
            return Median([.. trips]);
        }
    }

    private static bool TryReceive(Socket socket, byte[] buffer)
    {
        for (int have = 0; have < buffer.Length;)
        {
            int count = socket.Receive(buffer, have, buffer.Length - have, SocketFlags.None);
            if (count == 0)
            {
                return false;
            }

            have += count;
        }

        return true;
    }

    /// <summary>What all CPUs have worked since the boot; not idle, nor waiting for a disk or for the host.</summary>
    private static double BusySeconds()
    {
        string[] fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);

        // user, nice, system, idle, iowait, irq, softirq (proc(5)).
        int[] busy = [1, 2, 3, 6, 7];
        return busy.Sum(field => double.Parse(fields[field], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static void Print(int rounds, double[][] speed, double[][] cost, double[][] paced, double[][] latency)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A proxy over loopback, one connection; medians of {rounds} rounds, each one after the other; in brackets the spliced one's advantage, median of the rounds' ratios"));
        Console.WriteLine($"{string.Empty,-24}{"MB/s, 64 KiB writes",22}{"CPU s per GB, all CPUs",24}{"the same at 200 MB/s",22}{"us, 64 B round trip",22}");
        for (int i = 0; i < Arms.Length; i++)
        {
            string s = Cell(speed[i], Ratios(speed[0], speed[i]), "0"), c = Cell(cost[i], Ratios(cost[i], cost[0]), "0.00"), p = Cell(paced[i], Ratios(paced[i], paced[0]), "0.00"), l = Cell(latency[i], Ratios(latency[i], latency[0]), "0.0");
            Console.WriteLine($"{Arms[i],-24}{s,22}{c,24}{p,22}{l,22}");
        }
    }

    private static double[] Ratios(double[] above, double[] below) => [.. above.Zip(below, static (a, b) => a / b)];

    private static string Cell(double[] values, double[] ratios, string format) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median(values).ToString(format, CultureInfo.InvariantCulture)} ({Median(ratios):0.00}x)");

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
