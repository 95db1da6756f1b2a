using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Entries;

namespace Sockmap.Bench;

/// <summary>Many sockets in one bypass, listed with their processes by us, and their bare keys and cookies by <c>bpftool map dump</c>.</summary>
internal static class EntriesBenchmark
{
    /// <summary>Fewer than the descriptors that a process may have, as a rule.</summary>
    private const int SocketsPerProcess = 15_000;

    /// <summary>The first generation's size in sockmap's runtimeconfig.json (Sockmap.Cli.csproj): 4 MiB; a session has the default.</summary>
    private const string CommandsGarbageCollector = "DOTNET_GCGen0MaxBudget=400000";

    /// <summary>One listing, as a process of its own.</summary>
    public static int List(string name)
    {
        Console.WriteLine(Look(name));
        return 0;
    }

    public static int Run(int entries, int rounds)
    {
        string root = CgroupHierarchy.FindRoot();
        string name = string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}");
        string cgroup = Path.Combine(root, "sockmap-" + name);
        BypassManager manager = new();
        List<Process> holders = [];
        Directory.CreateDirectory(cgroup);
        try
        {
            manager.Install(new BypassSettings { Name = name, Cgroup = cgroup, MaxEntries = entries });
            string map = Path.Combine(manager.Get(name).Path, "sockhash");
            Hold(holders, cgroup, entries / 100);
            Measure(name, map, rounds);
            for (int left = entries - (entries / 100); left > 0; left -= SocketsPerProcess)
            {
                Hold(holders, cgroup, Math.Min(left, SocketsPerProcess));
            }

            Measure(name, map, rounds);
            return 0;
        }
        finally
        {
            holders.ForEach(static holder =>
            {
                holder.StandardInput.Close();
                holder.WaitForExit();
                holder.Dispose();
            });
            if (manager.ListNames().Contains(name, StringComparer.Ordinal))
            {
                manager.Remove(name, new RemoveOptions { Force = true });
            }

            Directory.Delete(cgroup);
        }
    }

    /// <summary>Enters the cgroup, opens so many sockets, both ends of connections, and holds them until its input ends.</summary>
    public static int HoldSockets(string cgroup, int count)
    {
        File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        List<Socket> sockets = new(count);
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        listener.Listen(1024);
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        while (sockets.Count < count)
        {
            Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(client);
            client.Connect(IPAddress.Loopback, port);
            sockets.Add(listener.Accept());
        }

        Console.WriteLine("ready");
        Console.ReadLine();
        return 0;
    }

    private static void Hold(List<Process> holders, string cgroup, int count)
    {
        Process holder = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["hold-sockets", cgroup, count.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        holders.Add(holder);
        if (holder.StandardOutput.ReadLine() is null)
        {
            throw new InvalidOperationException($"A process that was to hold {count} sockets ended.");
        }
    }

    private static int Look(string name) => new BypassManager().GetEntries(name).Count(static entry => entry is { State: SocketState.Established, ProcessId.Count: 1, Cgroup: not null });

    private static void Measure(string name, string map, int rounds)
    {
        double[] inside = new double[rounds];
        double[] own = new double[rounds];
        double[] tool = new double[rounds];
        double[] json = new double[rounds];
        long ownPeak = 0;
        int count = 0;
        for (int i = 0; i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            count = Look(name);
            inside[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            tool[i] = MeasuredProcess.Run("bpftool", ["map", "dump", "pinned", map]).Milliseconds;
            json[i] = MeasuredProcess.Run("bpftool", ["-j", "map", "dump", "pinned", map]).Milliseconds;
            (own[i], ownPeak) = MeasuredProcess.Run("env", [CommandsGarbageCollector, Environment.ProcessPath!, "list-entries", name]);
        }

        foreach (double[] times in new[] { inside, own, tool, json })
        {
            Array.Sort(times);
        }

        int middle = rounds / 2;
        void Row(string what, string text) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-34}{text}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} entries; medians of {rounds} rounds, each one after the other"));
        Row("bpftool map dump, keys and cookies:", string.Create(CultureInfo.InvariantCulture, $"{tool[middle],8:0.0} ms ({json[middle]:0.0} ms with -j)"));
        Row("ours with processes, in a session:", string.Create(CultureInfo.InvariantCulture, $"{inside[middle],8:0.0} ms, 1/{tool[middle] / inside[middle]:0.0} of bpftool's time"));
        Ratios.Note($"{count} entries with processes in a session, of bpftool map dump's time", inside[middle] / tool[middle], "<= 0.33");
        Row("ours, a process of its own:", string.Create(CultureInfo.InvariantCulture, $"{own[middle],8:0.0} ms, 1/{tool[middle] / own[middle]:0.0}; peak {ownPeak / 1024.0:0.0} MiB"));
    }
}
