using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Filters;
using Sockmap.Policies;

namespace Sockmap.Bench;

/// <summary>
/// What a policy of 0, 10 and 1,000 rules costs a message of 64 bytes: the round trip, as a ratio to the same without a
/// policy in the same round, over TCP and through a bypass; and the time in the program, by the kernel's own count.
/// </summary>
internal static class PolicyBenchmark
{
    private const int RoundTrips = 20_000;
    private const int Changes = 200;
    private const string Statistics = "/proc/sys/kernel/bpf_stats_enabled";

    private static readonly int[] RuleCounts = [0, 10, 1000];

    public static int Run(int rounds)
    {
        string cgroup = Path.Combine(CgroupHierarchy.FindRoot(), string.Create(CultureInfo.InvariantCulture, $"sockmap-bench-{Environment.ProcessId}"));
        string name = string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}");
        string home = CgroupHierarchy.FindRoot() + File.ReadLines("/proc/self/cgroup").First(static line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        Directory.CreateDirectory(cgroup);
        Enter(cgroup);
        try
        {
            MeasureRatios(name, cgroup, rounds, withBypass: false);
            MeasureRatios(name, cgroup, rounds, withBypass: true);
            MeasureProgram(name, cgroup, withBypass: false);
            MeasureProgram(name, cgroup, withBypass: true);
            return 0;
        }
        finally
        {
            Enter(home);
            Directory.Delete(cgroup);
        }
    }

    private static void Enter(string cgroup) =>
        File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

    private static void MeasureRatios(string name, string cgroup, int rounds, bool withBypass)
    {
        double[][] ratios = [.. RuleCounts.Select(_ => new double[rounds])];
        double[] plain = new double[rounds];
        Within(name, cgroup, withBypass, () =>
        {
            TimeRoundTrip();
            for (int round = 0; round < rounds; round++)
            {
                double before = TimeRoundTrip();
                double[] with = [.. RuleCounts.Select(rules => WithPolicy(name, cgroup, rules, TimeRoundTrip))];
                plain[round] = (before + TimeRoundTrip()) / 2;
                for (int i = 0; i < with.Length; i++)
                {
                    ratios[i][round] = with[i] / plain[round];
                }
            }
        });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Round trip of 64 bytes {(withBypass ? "through a bypass" : "over TCP")}, {rounds} rounds: without a policy {Median(plain):0.0} us"));
        for (int i = 0; i < RuleCounts.Length; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {RuleCounts[i],5} rules: {Median(ratios[i]):0.000} times that ({ratios[i].Min():0.000} to {ratios[i].Max():0.000})"));
        }
    }

    private static void MeasureProgram(string name, string cgroup, bool withBypass)
    {
        string former = File.ReadAllText(Statistics).Trim();
        File.WriteAllText(Statistics, "1");
        try
        {
            Console.WriteLine($"Time in the programs {(withBypass ? "in a bypass (root, gate and verdict)" : "of a socket in no bypass (judge)")}, with the kernel's statistics on:");
            Within(name, cgroup, withBypass, () =>
            {
                if (withBypass)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  no policy:  {TimeProgram(null, "root").Steady:0} ns a message"));
                }

                foreach (int rules in RuleCounts)
                {
                    (double steady, double first) = WithPolicy(name, cgroup, rules, () => TimeProgram(name, withBypass ? "root" : "judge"));
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {rules,5} rules: {steady:0} ns a message; {first:0} ns the first one after a change"));
                }
            });
        }
        finally
        {
            File.WriteAllText(Statistics, former);
        }
    }

    /// <summary>The kernel counts the time of a program that was called by another one's tail call as that one's.</summary>
    private static (double Steady, double First) TimeProgram(string? policy, string program)
    {
        using BpfProgram judging = Find(program);
        using RoundTrip trip = new();
        trip.Run(1000);
        ProgramInfo start = judging.GetInfo();
        trip.Run(RoundTrips);
        ProgramInfo end = judging.GetInfo();
        double steady = (end.RunTimeNs - start.RunTimeNs) / (double)(end.RunCount - start.RunCount);

        PolicyManager manager = new();
        double first = 0;
        for (int i = 0; policy is not null && i < Changes; i++)
        {
            manager.Change(policy, new PolicyChange { Enabled = true });
            ulong before = judging.GetInfo().RunTimeNs;
            trip.Run(1);
            first += judging.GetInfo().RunTimeNs - before;
        }

        // Both ends send one message.
        return (steady, first / Changes / 2);
    }

    /// <summary>The newest program of the name: that of what was just made.</summary>
    private static BpfProgram Find(string name)
    {
        foreach (uint id in BpfProgram.EnumerateIds().Reverse())
        {
            BpfProgram? program = TryOpen(id);
            if (program is not null && string.Equals(program.GetInfo().Name, name, StringComparison.Ordinal))
            {
                return program;
            }

            program?.Dispose();
        }

        throw new InvalidOperationException($"No program '{name}' is in the kernel.");
    }

    private static BpfProgram? TryOpen(uint id)
    {
        try
        {
            return BpfProgram.OpenById(id);
        }
        catch (BpfException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
    }

    private static void Within(string name, string cgroup, bool withBypass, Action work)
    {
        BypassManager bypasses = new();
        if (withBypass)
        {
            bypasses.Install(new BypassSettings { Name = name, Cgroup = cgroup });
        }

        try
        {
            work();
        }
        finally
        {
            if (withBypass)
            {
                bypasses.Remove(name, new RemoveOptions { Force = true });
            }
        }
    }

    private static T WithPolicy<T>(string name, string cgroup, int rules, Func<T> work)
    {
        PolicyManager policies = new();
        policies.Create(new PolicySettings { Name = name, Cgroup = cgroup });
        try
        {
            // Each names what nothing here has, so that every criterion is asked and none matches.
            policies.AddRules(name, [.. Enumerable.Range(0, rules).Select(static i => new PolicyRule
            {
                Direction = PolicyDirection.Egress,
                Action = PolicyAction.Drop,
                RemoteAddresses = i % 3 == 0 ? [] : [AddressRange.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{i / 250}.{i % 250}.0/24"))],
                RemotePorts = i % 3 == 1 ? [] : [new PortRange(1 + (i % 20_000), 1 + (i % 20_000))],
                UserIds = i % 3 == 2 ? [] : [1_000_000u + (uint)i],
            })]);
            return work();
        }
        finally
        {
            policies.Remove(name);
        }
    }

    private static double TimeRoundTrip()
    {
        using RoundTrip trip = new();
        trip.Run(1000);
        long start = Stopwatch.GetTimestamp();
        trip.Run(RoundTrips);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / RoundTrips;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    /// <summary>A connection whose other end sends back what comes.</summary>
    private sealed class RoundTrip : IDisposable
    {
        private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly Socket _server;
        private readonly Thread _echo;
        private readonly byte[] _message = new byte[64];

        public RoundTrip()
        {
            using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            _client.Connect(listener.LocalEndPoint!);
            _server = listener.Accept();
            _server.NoDelay = true;
            _echo = new Thread(Echo);
            _echo.Start();
        }

        public void Run(int times)
        {
            for (int i = 0; i < times; i++)
            {
                _client.Send(_message);
                for (int read = 0; read < _message.Length;)
                {
                    read += _client.Receive(_message, read, _message.Length - read, SocketFlags.None);
                }
            }
        }

        public void Dispose()
        {
            _client.Shutdown(SocketShutdown.Send);
            _echo.Join();
            _client.Dispose();
            _server.Dispose();
        }

        private void Echo()
        {
            byte[] buffer = new byte[64];
            for (int read = _server.Receive(buffer); read > 0; read = _server.Receive(buffer))
            {
                _server.Send(buffer, read, SocketFlags.None);
            }
        }
    }
}
