using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>Whole objects in the real kernel.</summary>
public sealed class BpfObjectTests : IDisposable
{
    // maps.bpf.o has a map that is pinned by name.
    private readonly TestBpfFileSystem _pins = new();

    private static readonly BpfObjectOptions Chain = new() { Programs = ["insert", "redirect", "list"] };

    private static string CgroupMount { get; } = File.ReadLines("/proc/mounts").Select(l => l.Split(' ')).First(p => p[2] == "cgroup2")[1];

    public void Dispose() => _pins.Dispose();

    [Fact]
    public void An_object_is_loaded_and_does_its_work()
    {
        string cgroup = Path.Combine(CgroupMount, $"sockmap-elf-{Environment.ProcessId}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(cgroup);
        string home = File.ReadAllText("/proc/self/cgroup").Split('\n').First(l => l.StartsWith("0::", StringComparison.Ordinal))[3..];
        try
        {
            // A socket belongs to the cgroup in which it was made.
            File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), $"{Environment.ProcessId}");
            using TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            ObjectSpec spec = TestObjects.Read("chain.bpf.o");
            spec.SetVariable("only_port", BitConverter.GetBytes(port));
            using BpfObject loaded = BpfObject.Load(spec, Chain);
            Assert.Equal("insert list redirect", string.Join(' ', loaded.Programs.Keys.Order(StringComparer.Ordinal)));
            Assert.True(loaded.Maps["chain.rodata"].GetInfo().Frozen);
            Assert.Equal("redirect", loaded.Programs["redirect"].GetInfo().Name);

            ProgramAttachment.Attach(loaded.Programs["redirect"], loaded.Maps["sockets"].Handle, BpfAttachType.SkMsgVerdict);
            using CgroupDirectory directory = CgroupDirectory.Open(cgroup);
            using BpfLink sockops = BpfLink.CreateCgroup(loaded.Programs["insert"], directory.Handle, BpfAttachType.CgroupSockOps);
            using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(IPAddress.Loopback, port);
            using Socket server = listener.AcceptSocket();
            byte[] sent = [1, 2, 3, 4, 5];
            byte[] received = new byte[sent.Length];
            client.Send(sent);
            Assert.Equal(sent.Length, server.Receive(received));
            Assert.Equal(sent, received);

            Assert.Equal(2UL, Variable(spec, loaded, "inserted"));
            Assert.Equal(1UL, Variable(spec, loaded, "seen"));
            Assert.Equal(KernelSymbols.Find(["woken_wake_function"])["woken_wake_function"], Variable(spec, loaded, "wake_address"));
            using BpfLink iterator = BpfLink.CreateIterator(loaded.Programs["list"], loaded.Maps["sockets"]);
            Row[] rows = [.. BpfIterator.ReadRecords<Row>(iterator).DistinctBy(r => (r.Local, r.Remote))];
            int clientPort = ((IPEndPoint)client.LocalEndPoint!).Port;
            Assert.Equal([(clientPort, port), (port, clientPort)], rows.Select(r => ((int)r.Local, (int)r.Remote)).OrderBy(r => r.Item1 == port ? 1 : 0));
            Assert.All(rows, r => Assert.Equal((2u, rows[0].Netns), (r.Family, r.Netns)));
            Assert.NotEqual(0UL, rows[0].Netns);
        }
        finally
        {
            File.WriteAllText(Path.Combine(CgroupMount + home, "cgroup.procs"), $"{Environment.ProcessId}");
            Directory.Delete(cgroup);
        }
    }

    [Fact]
    public void The_objects_types_come_along()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("maps.bpf.o"), new BpfObjectOptions { MapPinDirectory = _pins.Root, Programs = ["message", "list"] });

        MapInfo counters = loaded.Maps["counters"].GetInfo();
        Assert.NotEqual(0u, counters.BtfId);
        Assert.NotEqual(0u, counters.KeyTypeId);
        Assert.Equal(counters.BtfId, loaded.Programs["message"].GetInfo().BtfId);
        Assert.Equal(0u, loaded.Maps["sockets"].GetInfo().BtfId);
        Assert.Equal(0x480u, loaded.Maps["maps.rodata"].GetInfo().Flags);
        byte[] data = new byte[12];
        Assert.True(loaded.Maps["maps.data"].TryLookup(new byte[4], data));
        Assert.Equal(77, data[0]);
        Assert.Equal(4096u, loaded.Maps["events"].MaxEntries);
    }

    [Fact]
    public void Calls_and_callbacks_are_verified_and_run()
    {
        ObjectSpec spec = TestObjects.Read("calls.bpf.o");
        using BpfObject loaded = BpfObject.Load(spec);

        // add() sums 0 to 9 = 45; thrice(45) = 45 + 90; twice(3) = 6.
        Assert.Equal(141u, loaded.Programs["first"].Run(new byte[64]));
        Assert.Equal(45UL ^ 7, loaded.Programs["second"].Run(new byte[64]));
        Assert.Equal(4u, loaded.Programs["alone"].Run(new byte[64]));
        Assert.Equal(45UL, Variable(spec, loaded, "total"));
    }

    [Fact]
    public void All_co_re_programs_that_can_run_are_verified()
    {
        using BpfObject loaded = BpfObject.Load(
            TestObjects.Read("core.bpf.o"),
            new BpfObjectOptions { Programs = ["fields", "types", "enums", "missing"], KernelBtf = TestObjects.Kernel });

        Assert.Equal(4, loaded.Programs.Count);
        Assert.Equal(0u, loaded.Programs["missing"].Run(new byte[64]));
    }

    [Fact]
    public void A_missing_weak_function_does_no_harm_where_it_is_asked_for_first()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("kfuncs.bpf.o"), new BpfObjectOptions { Programs = ["weak"] });

        Assert.Equal(1u, loaded.Programs["weak"].Run(new byte[64]));
    }

    [Fact]
    public void What_the_kernel_lacks_is_named_when_the_verifier_runs_into_it()
    {
        BpfRelocationException error = Assert.Throws<BpfRelocationException>(() =>
            BpfObject.Load(TestObjects.Read("chain.bpf.o"), new BpfObjectOptions { Programs = ["reaches_weak"] }));

        Assert.Contains("bpf_kfunc_that_never_was", error.Message, StringComparison.Ordinal);
        Assert.Contains("2002000000", Assert.IsType<VerifierException>(error.InnerException).VerifierLog, StringComparison.Ordinal);
        Assert.Contains("'never_there'", Assert.Throws<BpfRelocationException>(() =>
            BpfObject.Load(TestObjects.Read("chain.bpf.o"), new BpfObjectOptions { Programs = ["no_such_target"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Static_functions_and_variables_of_one_name_are_kept_apart()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("shapes.bpf.o"), new BpfObjectOptions { Programs = ["calls_beside"] });

        // one() gives 1, beside(1) 2, two() 11; then 2, 3, 12.
        Assert.Equal(13u, loaded.Programs["calls_beside"].Run(new byte[64]));
        Assert.Equal(15u, loaded.Programs["calls_beside"].Run(new byte[64]));
    }

    [Fact]
    public void An_iterator_without_target_is_refused()
    {
        BpfRelocationException error = Assert.Throws<BpfRelocationException>(() =>
            BpfObject.Load(TestObjects.Read("shapes.bpf.o"), new BpfObjectOptions { Programs = ["bare_iterator"] }));

        Assert.Contains("names nothing to attach to", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_of_no_known_type_is_refused_until_it_is_given_one()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");
        BpfObjectOptions options = new() { Programs = ["other"], MapPinDirectory = _pins.Root };
        Assert.Contains("'my_own_name'", Assert.Throws<BpfFormatException>(() => BpfObject.Load(spec, options)).Message, StringComparison.Ordinal);

        spec.Programs["other"].Type = BpfProgramType.SocketFilter;

        using BpfObject loaded = BpfObject.Load(spec, options);
        Assert.Equal(BpfProgramType.SocketFilter, loaded.Programs["other"].GetInfo().Type);
    }

    [Fact]
    public void A_map_can_be_replaced_by_one_that_fits()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");
        using BpfMap fitting = BpfMap.Create(new MapCreateRequest { Name = "mine", Type = BpfMapType.SockHash, KeySize = 8, ValueSize = 8, MaxEntries = 5 });
        using BpfMap other = BpfMap.Create(new MapCreateRequest { Name = "other", Type = BpfMapType.Hash, KeySize = 8, ValueSize = 16, MaxEntries = 5 });

        BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { MapPinDirectory = _pins.Root, Programs = [], MapReplacements = new Dictionary<string, BpfMap>(StringComparer.Ordinal) { ["sockets"] = fitting } });
        Assert.Same(fitting, loaded.Maps["sockets"]);
        loaded.Dispose();
        Assert.Equal("mine", fitting.GetInfo().Name);

        string message = Assert.Throws<MapMismatchException>(() =>
            BpfObject.Load(spec, new BpfObjectOptions { MapPinDirectory = _pins.Root, MapReplacements = new Dictionary<string, BpfMap>(StringComparer.Ordinal) { ["sockets"] = other } })).Message;
        Assert.Contains("type is Hash, not SockHash", message, StringComparison.Ordinal);
        Assert.Contains("values have 16 bytes, not 8", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_is_pinned_under_the_name_that_is_chosen()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("calls.bpf.o"), new BpfObjectOptions { Programs = ["first", "alone"] });
        Dictionary<string, string> Names(string program, string pin) => new(StringComparer.Ordinal) { [program] = pin };

        Assert.Contains("'second'", Assert.Throws<ArgumentException>(() => loaded.Pin(_pins.Root, null, Names("second", "chosen"))).Message, StringComparison.Ordinal);
        Assert.Contains("'a.b'", Assert.Throws<ArgumentException>(() => loaded.Pin(_pins.Root, null, Names("first", "a.b"))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_pins.PathOf("alone"), Directory.GetFiles(_pins.Root));

        loaded.Pin(_pins.Root, null, Names("first", "chosen"));

        using BpfProgram chosen = BpfProgram.OpenPinned(_pins.PathOf("chosen"));
        Assert.Equal(loaded.Programs["first"].GetInfo().Id, chosen.GetInfo().Id);
        Assert.Equal((_pins.PathOf("chosen"), _pins.PathOf("alone")), (loaded.ProgramPins["first"], loaded.ProgramPins["alone"]));
        Assert.DoesNotContain(_pins.PathOf("first"), Directory.GetFiles(_pins.Root));
    }

    [Fact]
    public void A_failure_leaves_nothing_open()
    {
        BpfRelocationException FailOnce() => Assert.Throws<BpfRelocationException>(() =>
            BpfObject.Load(TestObjects.Read("chain.bpf.o"), new BpfObjectOptions { Programs = ["insert", "needs_strong"] }));
        int CountDescriptors() => Directory.GetFiles("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget ?? "").Count(t => t.Contains("bpf", StringComparison.Ordinal) || t.Contains("btf", StringComparison.Ordinal));
        int before = CountDescriptors();

        FailOnce();

        Assert.Equal(before, CountDescriptors());
    }

    [Fact]
    public void Types_that_the_kernel_refuses_are_left_out_where_nothing_needs_them()
    {
        // A member's name that is no name in C (btf_struct_check_meta, kernel/bpf/btf.c).
        ObjectSpec spec = ObjectSpec.Read(Replace(TestObjects.Bytes("maps.bpf.o"), "wide\0", "w-de\0"), "maps");

        using BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { MapPinDirectory = _pins.Root, Programs = ["message"], MapReplacements = Storage() });

        Assert.Equal(0u, loaded.Maps["counters"].GetInfo().BtfId);
        Assert.Equal(0u, loaded.Programs["message"].GetInfo().BtfId);
        loaded.Maps["storage"].Dispose();
    }

    [Fact]
    public void Types_that_the_kernel_refuses_are_an_error_where_a_map_needs_them()
    {
        ObjectSpec spec = ObjectSpec.Read(Replace(TestObjects.Bytes("chain.bpf.o"), "messages\0", "mess-ges\0"), "chain");

        VerifierException error = Assert.Throws<VerifierException>(() => BpfObject.Load(spec, Chain));
        Assert.Contains("Invalid name", error.VerifierLog, StringComparison.Ordinal);
    }

    [Fact]
    public void The_probe_finds_that_this_kernel_takes_all_of_BTF() => Assert.Equal(Bpf.Btf.BtfCapabilities.All, BtfCapabilityProbe.Run());

    private static byte[] Replace(byte[] file, string text, string by)
    {
        int at = file.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(text));
        Assert.True(at > 0);
        System.Text.Encoding.ASCII.GetBytes(by).CopyTo(file, at);
        return file;
    }

    private Dictionary<string, BpfMap> Storage()
    {
        using BpfObject whole = BpfObject.Load(TestObjects.Read("maps.bpf.o"), new BpfObjectOptions { MapPinDirectory = _pins.Root, Programs = [] });
        BpfFileSystem.RemovePin(_pins.PathOf("counters"));
        return new(StringComparer.Ordinal) { ["storage"] = BpfMap.OpenById(whole.Maps["storage"].GetInfo().Id) };
    }

    private static ulong Variable(ObjectSpec spec, BpfObject loaded, string name)
    {
        VariableSpec variable = spec.Variables.Single(v => v.Name == name);
        byte[] value = new byte[loaded.Maps[variable.MapName].ValueSize];
        Assert.True(loaded.Maps[variable.MapName].TryLookup(new byte[4], value));
        return BitConverter.ToUInt64(value, variable.Offset);
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Row(uint Local, uint Remote, ulong Netns, uint Family, uint Padding);
}
