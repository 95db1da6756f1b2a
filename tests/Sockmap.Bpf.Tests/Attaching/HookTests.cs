using System.Diagnostics;
using System.Net.Sockets;
using Sockmap.Bpf.Attaching;
using Sockmap.Bpf.Attaching.Hooks;
using Sockmap.Bpf.Features;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Attaching;

/// <summary>Links to functions, tracepoints, events and Netfilter: each program counts its runs in a map.</summary>
public sealed class HookTests : IDisposable
{
    private const string Function = "if_nametoindex";
    private const string OtherFunction = "if_indextoname";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TestBpfFileSystem bpffs = new();
    private readonly BpfMap counter = TestObjects.Map(BpfMapType.Array, entries: 1, name: "runs");

    private static string Libc { get; } = File.ReadLines("/proc/self/maps").Select(static line => line.Split(' ')[^1]).First(static path => Path.GetFileName(path).StartsWith("libc.so", StringComparison.Ordinal));

    public void Dispose()
    {
        counter.Dispose();
        bpffs.Dispose();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_function_of_a_library_runs_its_program_as_long_as_the_pin_is_there(bool atReturn, bool ofThisProcess)
    {
        using BpfProgram program = Load(BpfProgramType.Kprobe);
        UserFunctionHook hook = new() { Executable = Libc, Functions = [Function], AtReturn = atReturn, ProcessId = ofThisProcess ? Environment.ProcessId : null };
        using AttachPoint point = AttachPoint.OfHook(hook);
        AttachmentRecord attached = Attacher.Attach(Request(program, point));
        Assert.Equal(
            (AttachmentTarget.UserFunction, BpfLinkType.PerfEvent, program.GetInfo().Id),
            (attached.TargetKind, attached.LinkType!.Value, attached.ProgId));
        LinkRecord link = new BpfInventory().Link(attached.LinkId!.Value);
        Assert.Equal(bpffs.PathOf("link"), Assert.Single(link.Pinned));
        if (TellsEvents(link))
        {
            Assert.Equal((Libc, atReturn), (link.File, link.RetProbe!.Value));
            Assert.Equal($"{Libc}+0x{link.Offset:x}", attached.Target);
            Assert.Contains(attached, new AttachmentInventory().All());
        }

        // Nothing but the pin holds the link, and nothing but the link the event.
        GC.Collect();
        Assert.Empty(link.Pids.Except([Environment.ProcessId]));
        ulong before = Runs;
        Syscalls.InterfaceIndex("lo");
        Assert.True(Runs > before);
        Detacher.Detach(attached);
        AssertStops(static () => Syscalls.InterfaceIndex("lo"));
        Assert.False(File.Exists(bpffs.PathOf("link")));
    }

    [Fact]
    public void An_offset_in_a_file_is_the_same_place()
    {
        using BpfProgram program = Load(BpfProgramType.Kprobe);
        using AttachPoint byName = AttachPoint.OfHook(new UserFunctionHook { Executable = Libc, Functions = [Function], ProcessId = Environment.ProcessId });
        AttachmentRecord first = Attacher.Attach(Request(program, byName));
        LinkRecord link = new BpfInventory().Link(first.LinkId!.Value);
        Detacher.Detach(first);
        Assert.SkipUnless(TellsEvents(link), "NOT CHECKED: this kernel does not tell the offset of a uprobe (6.6).");
        uint offset = link.Offset!.Value;
        using AttachPoint byOffset = AttachPoint.OfHook(new UserFunctionHook { Executable = Libc, Offset = offset, ProcessId = Environment.ProcessId });
        AttachmentRecord second = Attacher.Attach(Request(program, byOffset));
        Assert.Equal(first.Target, second.Target);
        ulong before = Runs;
        Syscalls.InterfaceIndex("lo");
        Assert.True(Runs > before);
        Detacher.Detach(second);
    }

    [Fact]
    public void Several_functions_of_a_library_are_one_link()
    {
        using BpfProgram program = LoadForMany();
        using AttachPoint point = AttachPoint.OfHook(new UserFunctionHook { Executable = Libc, Functions = [Function, "if_indexto*"], ProcessId = Environment.ProcessId });
        AttachmentRecord attached = Attacher.Attach(Request(program, point));
        Assert.Equal((AttachmentTarget.UserFunction, BpfLinkType.UprobeMulti, Libc), (attached.TargetKind, attached.LinkType!.Value, attached.Target));
        LinkRecord link = new BpfInventory().Link(attached.LinkId!.Value);
        Assert.Equal((2u, Libc, false, (uint)Environment.ProcessId, 2), (link.FuncCnt, link.File, link.RetProbe!.Value, link.Pid, link.Addrs!.Length));
        ulong before = Runs;
        uint index = (uint)Syscalls.InterfaceIndex("lo");
        ulong between = Runs;
        Syscalls.InterfaceName(index);
        Assert.True(between > before && Runs > between);
        Detacher.Detach(attached);

        // One of one function is the same kind of link; a program that was loaded for one cannot be at several.
        using AttachPoint single = AttachPoint.OfHook(new UserFunctionHook { Executable = Libc, Functions = [Function], AtReturn = true });
        AttachmentRecord alone = Attacher.Attach(Request(program, single));
        Assert.True(new BpfInventory().Link(alone.LinkId!.Value).RetProbe);
        Detacher.Detach(alone);
        using BpfProgram plain = Load(BpfProgramType.Kprobe);
        Assert.Contains("section uprobe.multi", Assert.Throws<BpfException>(() => Attacher.Attach(Request(plain, point))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_in_an_executable_is_told()
    {
        using BpfProgram program = Load(BpfProgramType.Kprobe);
        BpfException unknown = Refused(new UserFunctionHook { Executable = Libc, Functions = ["no_such_function"] });
        Assert.Equal("ENOENT", unknown.ErrnoName);
        Assert.Contains("no function 'no_such_function'", unknown.Message, StringComparison.Ordinal);
        Assert.Equal("ENOENT", Refused(new UserFunctionHook { Executable = "/no/such/file", Functions = ["f"] }).ErrnoName);
        Assert.Contains("no such file", Refused(new UserFunctionHook { Executable = "/no/such/file", Offset = 1 }).Message, StringComparison.Ordinal);
        Assert.Contains("no process 2147483647", Refused(new UserFunctionHook { Executable = Libc, Functions = [Function], ProcessId = int.MaxValue }).Message, StringComparison.Ordinal);
        using AttachPoint text = AttachPoint.OfHook(new UserFunctionHook { Executable = "/etc/passwd", Functions = ["f"] });
        Assert.Contains("ELF", Assert.Throws<InvalidDataException>(() => Attacher.Attach(Request(program, text))).Message, StringComparison.Ordinal);
        Assert.Contains("offset in the file", Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(new UserFunctionHook { Executable = Libc })).Message, StringComparison.Ordinal);
        Assert.Contains("from the root", Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(new UserFunctionHook { Executable = "libc", Offset = 1 })).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(bpffs.PathOf("link")));

        BpfException Refused(UserFunctionHook hook)
        {
            using AttachPoint point = AttachPoint.OfHook(hook);
            return Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, point)));
        }
    }

    [Fact]
    public void A_tracepoint_runs_its_program()
    {
        using BpfProgram program = Load(BpfProgramType.Tracepoint);
        using AttachPoint point = AttachPoint.OfHook(TracepointHook.Parse("sched/sched_process_exec"));
        using AttachPoint unknown = AttachPoint.OfHook(TracepointHook.Parse("sched/no_such"));
        using AttachPoint unknownCategory = AttachPoint.OfHook(TracepointHook.Parse("no_such/no_such"));
        WithTracefs(() =>
        {
            Assert.Contains("no tracepoint 'sched/no_such'", Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, unknown))).Message, StringComparison.Ordinal);
            Assert.Contains("lists the categories", Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, unknownCategory))).Message, StringComparison.Ordinal);
            AttachmentRecord attached = Attacher.Attach(Request(program, point));
            Assert.Equal((AttachmentTarget.Tracepoint, BpfLinkType.PerfEvent), (attached.TargetKind, attached.LinkType!.Value));
            LinkRecord link = new BpfInventory().Link(attached.LinkId!.Value);
            if (TellsEvents(link))
            {
                Assert.Equal(("sched_process_exec", 5u), (attached.Target, link.PerfEventType));
            }

            ulong before = Runs;
            Execute("true");
            Assert.True(Runs > before);
            Detacher.Detach(attached);
            AssertStops(static () => Execute("true"));
        });
    }

    [Fact]
    public void A_tracepoint_needs_its_category_and_a_mounted_tracefs()
    {
        foreach (string wrong in new[] { "sched_switch", "a/b/c", "/b", "a/" })
        {
            Assert.Contains("as in sched/sched_switch", Assert.Throws<ArgumentException>(() => TracepointHook.Parse(wrong)).Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(TracepointHook.Parse("../id")));
        using BpfProgram program = Load(BpfProgramType.Tracepoint);
        using AttachPoint point = AttachPoint.OfHook(TracepointHook.Parse("sched/sched_switch"));
        TestMountNamespace.Run(() =>
        {
            foreach (MountEntry mount in MountTable.Find("tracefs").Reverse())
            {
                Assert.Equal(0, Syscalls.Umount(mount.MountPoint, 0));
            }

            BpfException refused = Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, point)));
            Assert.Equal("ENOENT", refused.ErrnoName);
            Assert.Contains("mount -t tracefs tracefs /sys/kernel/tracing", refused.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void An_event_of_a_cpu_runs_its_program_now_and_then()
    {
        using BpfProgram program = Load(BpfProgramType.PerfEvent);
        using AttachPoint point = AttachPoint.OfHook(new PerfEventHook { Event = PerfEventKind.CpuClock, Cpu = 0, Frequency = 500 });
        AttachmentRecord attached = Attacher.Attach(Request(program, point));
        LinkRecord link = new BpfInventory().Link(attached.LinkId!.Value);
        Assert.Equal((AttachmentTarget.PerfEvent, BpfLinkType.PerfEvent), (attached.TargetKind, attached.LinkType!.Value));
        if (TellsEvents(link))
        {
            // Of the event's type newer kernels tell the number of the clock's own source, not that it is software.
            Assert.Equal((6u, 0ul, $"event {link.EventType}:0"), (link.PerfEventType, link.EventConfig, attached.Target));
            Assert.NotEqual(0u, link.EventType);
        }

        ulong before = Runs;
        Assert.True(SpinWait.SpinUntil(() => Runs > before + 3, Patience));
        Detacher.Detach(attached);
        AssertStops(static () => Thread.SpinWait(10_000_000));
    }

    [Fact]
    public void An_event_of_a_process_is_counted()
    {
        using Process child = Process.Start(new ProcessStartInfo("sh", ["-c", "while :; do :; done"]) { UseShellExecute = false })!;
        try
        {
            using BpfProgram program = Load(BpfProgramType.PerfEvent);
            using AttachPoint point = AttachPoint.OfHook(new PerfEventHook { Event = PerfEventKind.TaskClock, ProcessId = child.Id, Period = 1_000_000 });
            AttachmentRecord attached = Attacher.Attach(Request(program, point));
            Assert.True(SpinWait.SpinUntil(() => Runs > 3, Patience));
            Detacher.Detach(attached);
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    [Theory]
    [InlineData(null, null, 1, null, "give a CPU, a process")]
    [InlineData(0, null, null, null, "give a period")]
    [InlineData(0, null, 1, 1, "give a period")]
    [InlineData(-1, null, 1, null, "-1 is no CPU")]
    [InlineData(0, null, 0, null, "would never run")]
    [InlineData(null, -5, 1, null, "-5 is no process id")]
    public void An_event_that_cannot_be_is_refused(int? cpu, int? process, int? period, int? frequency, string words)
    {
        PerfEventHook hook = new() { Event = PerfEventKind.CpuClock, Cpu = cpu, ProcessId = process, Period = (ulong?)period, Frequency = (ulong?)frequency };
        Assert.Contains(words, Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(hook)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_of_no_cpu_or_of_too_high_a_frequency_is_refused()
    {
        using BpfProgram program = Load(BpfProgramType.PerfEvent);
        using AttachPoint noCpu = AttachPoint.OfHook(new PerfEventHook { Event = PerfEventKind.CpuClock, Cpu = 1_000_000, Period = 1_000_000 });
        Assert.Contains("no such CPU", Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, noCpu))).Message, StringComparison.Ordinal);
        using AttachPoint often = AttachPoint.OfHook(new PerfEventHook { Event = PerfEventKind.CpuClock, Cpu = 0, Frequency = uint.MaxValue });
        Assert.Contains("perf_event_max_sample_rate", Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, often))).Message, StringComparison.Ordinal);
        using BpfProgram wrong = Load(BpfProgramType.Tracepoint);
        Assert.Equal(
            "A program of type Tracepoint is attached to a tracepoint with its category, not to a perf event. (Parameter 'target')",
            Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(wrong, noCpu))).Message);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_function_of_the_kernel_runs_its_program(bool atReturn, bool several)
    {
        using BpfProgram program = Load(BpfProgramType.Kprobe, several ? BpfAttachType.TraceKprobeMulti : default);
        KernelFunctionHook hook = new() { Functions = several ? ["tcp_v4_connect", "udp_sendmsg"] : ["udp_sendmsg"], AtReturn = atReturn };
        using AttachPoint point = AttachPoint.OfHook(hook);
        AttachmentRecord attached;
        try
        {
            attached = Attacher.Attach(Request(program, point));
        }
        catch (BpfException exception) when (exception.Errno == Errno.ENODEV && !Directory.Exists("/sys/bus/event_source/devices/kprobe"))
        {
            Assert.Contains("CONFIG_KPROBE_EVENTS", exception.Message, StringComparison.Ordinal);
            Assert.Skip("NOT CHECKED: " + exception.Message);
            return;
        }
        catch (BpfException exception) when (exception.Errno == Errno.EOPNOTSUPP && several)
        {
            Assert.Contains("CONFIG_FPROBE", exception.Message, StringComparison.Ordinal);
            Assert.Skip("NOT CHECKED: " + exception.Message);
            return;
        }

        Assert.Equal((AttachmentTarget.KernelFunction, several ? BpfLinkType.KprobeMulti : BpfLinkType.PerfEvent), (attached.TargetKind, attached.LinkType!.Value));
        LinkRecord link = new BpfInventory().Link(attached.LinkId!.Value);
        if (several || TellsEvents(link))
        {
            Assert.Equal((atReturn, several ? 2u : null, several ? "2 functions" : "udp_sendmsg"), (link.RetProbe!.Value, link.FuncCnt, attached.Target));
        }

        ulong before = Runs;
        SendToSelf();
        Assert.True(Runs > before);
        Detacher.Detach(attached);
        AssertStops(SendToSelf);
    }

    [Fact]
    public void Functions_and_offsets_that_do_not_go_together_are_refused()
    {
        Assert.Contains("one function", Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(new KernelFunctionHook { Functions = ["a", "b"], Offset = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("one function", Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(new KernelFunctionHook { Functions = ["tcp_*"], Offset = 1 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(new KernelFunctionHook { Functions = [] }));
        using BpfProgram program = Load(BpfProgramType.Kprobe);
        using AttachPoint several = AttachPoint.OfHook(new KernelFunctionHook { Functions = ["a", "b"] });
        Assert.Contains(
            "it takes one function",
            Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, several) with { AttachType = BpfAttachType.PerfEvent })).Message,
            StringComparison.Ordinal);
        Assert.Contains("by link only", Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, several) with { WithoutLink = true, PinPath = null })).Message, StringComparison.Ordinal);
        Assert.Contains("attach anew", Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, several) with { Replace = true })).Message, StringComparison.Ordinal);
        using AttachPoint cgroup = AttachPoint.OfProgram();
        Assert.Contains("a function of the kernel or a function of an executable", Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, cgroup))).Message, StringComparison.Ordinal);
        Assert.Contains("no network namespace", Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(new KernelFunctionHook { Functions = ["a"] }, "/proc/self/ns/net")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Netfilter_drops_what_its_program_drops_in_the_namespace_that_was_named()
    {
        using TestNetwork network = new();
        using BpfProgram drop = LoadFilter(0);
        using BpfProgram accept = LoadFilter(1);
        NetfilterHook hook = new() { Place = NetfilterPlace.LocalIn, Priority = -10 };
        using AttachPoint point = AttachPoint.OfHook(hook, network.FarPath);
        (Socket near, Socket far) = network.OpenSockets();
        using (near)
        using (far)
        {
            near.SendTo([1], far.LocalEndPoint!);
            Assert.Equal(1, TestNetwork.Next(far));
            AttachmentRecord attached = Attacher.Attach(Request(drop, point));
            Assert.Equal((AttachmentTarget.Netfilter, BpfLinkType.Netfilter, "pf 2 hook 1 prio -10"), (attached.TargetKind, attached.LinkType!.Value, attached.Target));
            LinkRecord link = new BpfInventory().Link(attached.LinkId!.Value);
            Assert.Equal((2u, 1u, -10, 0u), (link.Pf, link.Hook, link.Prio, link.Flags));
            near.SendTo([2], far.LocalEndPoint!);
            Assert.Contains("take another priority", Assert.Throws<BpfException>(() => Attacher.Attach(Request(accept, point) with { PinPath = bpffs.PathOf("second") })).Message, StringComparison.Ordinal);
            Detacher.Detach(attached);
            near.SendTo([3], far.LocalEndPoint!);
            Assert.Equal(3, TestNetwork.Next(far));
            Assert.Equal(1ul, Runs);

            using AttachPoint together = AttachPoint.OfHook(hook with { Defragment = true }, network.FarPath);
            AttachmentRecord defragmented = Attacher.Attach(Request(accept, together));
            Assert.Equal(1u, new BpfInventory().Link(defragmented.LinkId!.Value).Flags);
            near.SendTo([4], far.LocalEndPoint!);
            Assert.Equal(4, TestNetwork.Next(far));
            Assert.Equal(2ul, Runs);
            Detacher.Detach(defragmented);
        }
    }

    [Fact]
    public void A_priority_that_netfilter_keeps_is_refused()
    {
        Assert.Contains("take one between", Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(new NetfilterHook { Place = NetfilterPlace.LocalIn, Priority = int.MinValue })).Message, StringComparison.Ordinal);
        Assert.Contains("-400", Assert.Throws<ArgumentException>(() => AttachPoint.OfHook(new NetfilterHook { Place = NetfilterPlace.LocalIn, Priority = -400, Defragment = true })).Message, StringComparison.Ordinal);
    }

    // Kernels before 6.6 tell of a link to an event no more than that.
    private static bool TellsEvents(LinkRecord link) => link.PerfEventType > 0;

    private static void WithTracefs(Action action) => TestMountNamespace.Run(() =>
    {
        string folder = Directory.CreateTempSubdirectory("sockmap-tracefs-").FullName;
        try
        {
            Assert.Equal(0, Syscalls.Mount("tracefs", folder, "tracefs", 0, null));
            action();
        }
        finally
        {
            _ = Syscalls.Umount(folder, 0);
            Directory.Delete(folder);
        }
    });

    private static void Execute(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command) { UseShellExecute = false })!;
        process.WaitForExit();
    }

    private static void SendToSelf()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        socket.SendTo(new byte[1], socket.LocalEndPoint!);
    }

    private ulong Runs => counter.TryLookup(0, out ulong runs) ? runs : throw new InvalidOperationException("The counter has no entry.");

    // The kernel takes the link's number away, and a moment later the program (bpf_link_free in kernel/bpf/syscall.c).
    private void AssertStops(Action action) => Assert.True(
        SpinWait.SpinUntil(
            () =>
            {
                ulong before = Runs;
                action();
                return Runs == before;
            },
            Patience),
        "The program still runs.");

    private BpfProgram Load(BpfProgramType type, BpfAttachType expected = default) => BpfProgram.Load(new()
    {
        Name = "counting",
        Type = type,
        ExpectedAttachType = expected,
        Instructions = Counting(0),
    });

    private BpfProgram LoadForMany()
    {
        BpfProgram program = Load(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti);
        using AttachPoint point = AttachPoint.OfHook(new UserFunctionHook { Executable = Libc, Functions = [Function, OtherFunction] });
        try
        {
            Detacher.Detach(Attacher.Attach(Request(program, point)));
            return program;
        }
        catch (BpfException exception) when (exception.Errno == Errno.EINVAL && Environment.OSVersion.Version < new Version(6, 6))
        {
            program.Dispose();
            Assert.Skip("NOT CHECKED: this kernel has no uprobes for several functions (6.6): " + exception.Message);
            throw;
        }
    }

    private BpfProgram LoadFilter(int verdict)
    {
        FeatureProbe probe = FeatureProbes.ProgramType(BpfProgramType.Netfilter);
        Assert.SkipWhen(probe.State == FeatureState.Unsupported, "NOT CHECKED: this kernel has no programs for Netfilter (6.4).");
        return BpfProgram.Load(new()
        {
            Name = "filter",
            Type = BpfProgramType.Netfilter,
            ExpectedAttachType = BpfAttachType.Netfilter,
            Instructions = Counting(verdict),
        });
    }

    private byte[] Counting(int result) => Insn.Program(
        Insn.StoreImm64(10, -8, 0),
        Insn.LoadMap(1, counter.Handle),
        Insn.Mov(2, 10),
        Insn.AddImm(2, -8),
        Insn.Call(1), // bpf_map_lookup_elem
        Insn.JumpIfZero(0, 3),
        Insn.Load64(1, 0, 0),
        Insn.AddImm(1, 1),
        Insn.Store64(0, 0, 1),
        Insn.MovImm(0, result),
        Insn.Exit());

    private AttachRequest Request(BpfProgram program, AttachPoint point) =>
        new() { Program = program, Point = point, PinPath = bpffs.PathOf("link") };
}
