using System.Text.RegularExpressions;
using Sockmap.Bpf.Attaching;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Instructions;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>
/// What only modules have. A kernel without modules cannot show it; tests/kernels/run runs these tests on kernels with
/// the module nf_conntrack, and counts them.
/// </summary>
public sealed partial class KernelModulesTests
{
    private const string Module = "nf_conntrack";
    private const string Folder = "/sys/kernel/btf";

    [Fact]
    public void Every_module_is_searched_and_only_those_with_an_answer_are_kept()
    {
        BtfSpec kernel = WithModule();
        int before = OpenBtfObjects();
        using (KernelModules modules = new(kernel))
        {
            Assert.Equal(before, OpenBtfObjects());
            ModuleType found = Assert.Single(modules.Find("bpf_skb_ct_lookup", BtfKind.Function));

            Assert.Equal((Module, "bpf_skb_ct_lookup"), (found.Types.Name, found.Type.Name));
            Assert.True(found.Type.Id >= kernel.Count);
            Assert.Equal(File.ReadAllBytes(Path.Combine(Folder, Module)), found.Types.Blob);
            Assert.Empty(modules.Find("bpf_skb_ct_lookup", BtfKind.Function, "tls"));
            Assert.Empty(modules.Find("bpf_skb_ct_lookup", BtfKind.Struct));
            Assert.Empty(modules.Find("tcp_sock", BtfKind.Struct));
            Assert.Single(modules.FindFlavours("nf_conntrack_net___old"));
            Assert.False(modules.IsHidden);
            Assert.Equal(before + 1, OpenBtfObjects());
        }

        Assert.Equal(before, OpenBtfObjects());
    }

    [Fact]
    public void A_function_of_a_module_is_called_and_traced()
    {
        _ = WithModule();
        ObjectSpec spec = TestObjects.Read("modules.bpf.o");
        using BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { Programs = ["looks_up", "seen", "seen_in_module"] });
        using TestBpfFileSystem pins = new();
        foreach (string name in new[] { "seen", "seen_in_module" })
        {
            using AttachPoint point = AttachPoint.OfProgram();
            _ = Attacher.Attach(new AttachRequest { Program = loaded.Programs[name], Point = point, PinPath = pins.PathOf(name) });
        }

        Assert.Equal((uint)Errno.ENOENT, loaded.Programs["looks_up"].Run(new byte[64]));

        Assert.Equal((1UL, 1UL), (Out(spec, loaded, 5), Out(spec, loaded, 6)));
        Assert.Contains(new ProgramListing().Disassemble(loaded.Programs["looks_up"]), i => i.Callee == "bpf_skb_ct_lookup" && i.Text.Contains("call bpf_skb_ct_lookup#", StringComparison.Ordinal));
    }

    [Fact]
    public void Types_of_a_module_answer_relocations()
    {
        BtfSpec kernel = WithModule();
        ObjectSpec spec = TestObjects.Read("modules.bpf.o");
        using BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { Programs = ["types"] });
        using KernelModules modules = new(kernel);
        ModuleType net = Assert.Single(modules.Find("nf_conntrack_net", BtfKind.Struct));

        loaded.Programs["types"].Run(new byte[64]);

        BtfMember users = Enumerable.Range(0, net.Type.Count).Select(net.Type.GetMember).Single(m => net.Types.StringAt(m.NameOffset) == "users6");
        Assert.Equal([1, net.Type.Size, users.BitOffset / 8, 0, net.Type.Id], Enumerable.Range(0, 5).Select(i => Out(spec, loaded, i)));
    }

    [Fact]
    public void A_weak_function_of_a_module_is_there_or_not()
    {
        _ = WithModule();
        ObjectSpec spec = TestObjects.Read("modules.bpf.o");
        Assert.SkipUnless(Loads(spec, "asks_kernel"), "this kernel takes the addresses of no functions, not of its own either (before 6.4)");

        using BpfObject loaded = BpfObject.Load(spec, new BpfObjectOptions { Programs = ["asks_module"] });

        Assert.Equal(1u, loaded.Programs["asks_module"].Run(new byte[64]));
    }

    [Theory]
    [InlineData("needs_none", "bpf_kfunc_of_no_module_at_all")]
    [InlineData("in_another_module", "the BTF of nf_defrag_ipv4")]
    public void What_is_nowhere_is_named(string program, string message)
    {
        // As true on a kernel without modules.
        string told = Refusal(program);

        Assert.Contains(message, told, StringComparison.Ordinal);
        Assert.DoesNotContain("CAP_SYS_ADMIN", told, StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_a_module_has_is_not_in_the_kernel_itself()
    {
        _ = WithModule();

        Assert.Contains("the BTF of vmlinux", Refusal("in_the_kernel"), StringComparison.Ordinal);
    }

    private static string Refusal(string program) => Assert.Throws<BpfRelocationException>(() =>
        BpfObject.Load(TestObjects.Read("modules.bpf.o"), new BpfObjectOptions { Programs = [program] })).Message;

    private static BtfSpec WithModule()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(Folder, Module)), $"this kernel has no module {Module} with BTF; tests/kernels/run tries kernels that do");
        return TestObjects.Kernel;
    }

    private static bool Loads(ObjectSpec spec, string program)
    {
        try
        {
            BpfObject.Load(spec, new BpfObjectOptions { Programs = [program] }).Dispose();
            return true;
        }
        catch (BpfException)
        {
            return false;
        }
    }

    private static ulong Out(ObjectSpec spec, BpfObject loaded, int index)
    {
        VariableSpec variable = spec.Variables.Single(v => v.Name == "out");
        byte[] data = new byte[spec.Maps[variable.MapName].ValueSize];
        Assert.True(loaded.Maps[variable.MapName].TryLookup(new byte[4], data));
        return BitConverter.ToUInt64(data, variable.Offset + (index * 8));
    }

    /// <summary>Descriptors of this process that are BTF objects, from the kernel's own listing.</summary>
    private static int OpenBtfObjects() => Directory.GetFiles("/proc/self/fdinfo").Count(f =>
    {
        try
        {
            return BtfLine().IsMatch(File.ReadAllText(f));
        }
        catch (IOException)
        {
            return false;
        }
    });

    [GeneratedRegex("^btf_id:", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BtfLine();
}
