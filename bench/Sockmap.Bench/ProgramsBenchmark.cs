using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Filters;

namespace Sockmap.Bench;

/// <summary>
/// What the kernel says that the programs take (run_time_ns over run_cnt): a message, and the calls that a connection makes.
/// Ours, beside ours (filters that keep the connection out), a naive program, and one that does nothing.
/// </summary>
internal static class ProgramsBenchmark
{
    private const string StatsSetting = "/proc/sys/kernel/bpf_stats_enabled";
    private const int Messages = 100_000;
    private const int Connections = 1_000;

    private delegate (uint TakeIn, uint Verdict) Install(string cgroup, Stack<IDisposable> held);

    public static int Run(string objects, int rounds)
    {
        (string Name, Install Install)[] arms =
        [
            ("empty", (cgroup, held) => Attach(Path.Combine(objects, "empty.bpf.o"), cgroup, held)),
            ("naive", (cgroup, held) => Attach(Path.Combine(objects, "naive.bpf.o"), cgroup, held)),
            ("ours", (cgroup, held) => InstallOurs(cgroup, held, static settings => settings)),
            ("beside ours", (cgroup, held) => InstallOurs(cgroup, held, static settings => settings with { Ports = [new PortRange(1, 1)] })),
        ];
        Dictionary<string, (List<double> Message, List<double> Call, double Calls)> found = arms.ToDictionary(arm => arm.Name, static _ => (new List<double>(), new List<double>(), 0.0), StringComparer.Ordinal);
        string before = File.ReadAllText(StatsSetting).Trim();
        File.WriteAllText(StatsSetting, "1");
        try
        {
            for (int round = 0; round < rounds; round++)
            {
                foreach ((string name, Install install) in arms)
                {
                    (double message, double call, double calls) = Measure(install);
                    found[name].Message.Add(message);
                    found[name].Call.Add(call);
                    found[name] = found[name] with { Calls = calls };
                }
            }
        }
        finally
        {
            File.WriteAllText(StatsSetting, before);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Programs, ns by run_time_ns / run_cnt; medians of {rounds} rounds, each one after the other"));
        Console.WriteLine("                     a message   a sock_ops call   calls a connection");
        Ratios.Note("program time of a message, ours of the naive program's", Median(found["ours"].Message) / Median(found["naive"].Message), "<= 1.02");
        foreach ((string name, _) in arms)
        {
            (List<double> message, List<double> call, double calls) = found[name];
            string perMessage = double.IsNaN(message[0]) ? "-" : Median(message).ToString("0", CultureInfo.InvariantCulture);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16} {perMessage,13} {Median(call),17:0} {calls,20:0.0}"));
        }

        return 0;
    }

    private static (double Message, double Call, double Calls) Measure(Install install)
    {
        string cgroup = Path.Combine(CgroupHierarchy.FindRoot(), string.Create(CultureInfo.InvariantCulture, $"sockmap-programs-{Environment.ProcessId}"));
        Stack<IDisposable> held = new();
        Directory.CreateDirectory(cgroup);
        string home = File.ReadLines("/proc/self/cgroup").First(static line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        try
        {
            (uint takeIn, uint verdict) = install(cgroup, held);
            File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), "0");
            double message = MeasureMessages(verdict);
            using BpfProgram program = BpfProgram.OpenById(takeIn);
            ProgramInfo began = program.GetInfo();
            for (int i = 0; i < Connections; i++)
            {
                Connect(static (_, _) => { });
            }

            ProgramInfo ended = program.GetInfo();
            double calls = ended.RunCount - began.RunCount;
            return (message, (ended.RunTimeNs - began.RunTimeNs) / calls, calls / Connections);
        }
        finally
        {
            File.WriteAllText(CgroupHierarchy.FindRoot() + home + "/cgroup.procs", "0");
            while (held.TryPop(out IDisposable? one))
            {
                one.Dispose();
            }

            Directory.Delete(cgroup);
        }
    }

    private static double MeasureMessages(uint verdict)
    {
        using BpfProgram program = BpfProgram.OpenById(verdict);
        double message = double.NaN;
        Connect((client, server) =>
        {
            byte[] bytes = new byte[64];
            Exchange(client, server, bytes, Messages / 10);
            ProgramInfo began = program.GetInfo();
            Exchange(client, server, bytes, Messages);
            ProgramInfo ended = program.GetInfo();
            message = ended.RunCount == began.RunCount ? double.NaN : (double)(ended.RunTimeNs - began.RunTimeNs) / (ended.RunCount - began.RunCount);
        });
        return message;
    }

    private static void Exchange(Socket client, Socket server, byte[] bytes, int count)
    {
        for (int i = 0; i < count; i++)
        {
            client.Send(bytes);
            for (int left = bytes.Length; left > 0; left -= server.Receive(bytes, 0, left, SocketFlags.None))
            {
            }
        }
    }

    private static void Connect(Action<Socket, Socket> use)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        use(client, server);
    }

    private static (uint TakeIn, uint Verdict) Attach(string path, string cgroup, Stack<IDisposable> held)
    {
        BpfObject loaded = BpfObject.Load(ObjectSpec.ReadFile(path), new BpfObjectOptions());
        held.Push(loaded);
        BpfProgram verdict = loaded.Programs.Values.Single(static program => program.GetInfo().Type == BpfProgramType.SkMsg);
        BpfProgram takeIn = loaded.Programs.Values.Single(static program => program.GetInfo().Type == BpfProgramType.SockOps);
        ProgramAttachment.Attach(verdict, loaded.Maps["sockhash"].Handle, BpfAttachType.SkMsgVerdict);
        using CgroupDirectory folder = CgroupDirectory.Open(cgroup);
        held.Push(BpfLink.CreateCgroup(takeIn, folder.Handle, BpfAttachType.CgroupSockOps));
        return (takeIn.GetInfo().Id, verdict.GetInfo().Id);
    }

    private static (uint TakeIn, uint Verdict) InstallOurs(string cgroup, Stack<IDisposable> held, Func<BypassSettings, BypassSettings> configure)
    {
        BypassManager manager = new();
        string name = Path.GetFileName(cgroup);
        manager.Install(configure(new BypassSettings { Name = name, Cgroup = cgroup }));
        held.Push(new Removal(() => manager.Remove(name, new RemoveOptions { Force = true })));
        string folder = manager.Get(name).Path;
        using BpfProgram takeIn = BpfProgram.OpenPinned(Path.Combine(folder, "take_in"));
        using BpfProgram root = BpfProgram.OpenPinned(Path.Combine(folder, "root"));
        return (takeIn.GetInfo().Id, root.GetInfo().Id);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed class Removal(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
