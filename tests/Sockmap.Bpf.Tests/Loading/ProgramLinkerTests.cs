using Sockmap.Bpf.Instructions;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Tests.Btf;

namespace Sockmap.Bpf.Tests.Loading;

public sealed class ProgramLinkerTests
{
    [Fact]
    public void Called_functions_are_put_behind_the_program_and_calls_lead_there()
    {
        ObjectSpec spec = TestObjects.Read("calls.bpf.o");
        LinkedProgram linked = TestObjects.Linker(spec).Link("first");
        BpfInstruction[] code = BpfInstruction.ReadAll(linked.Instructions.Span);

        // As objdump shows them: first 15 instructions, add 8, thrice 5, twice 4, in the order of first use.
        Assert.Equal(15 + 8 + 5 + 4, code.Length);
        Assert.Equal((BpfPseudo.Function, 15 - 1 - 1), (code[1].Source, code[1].Immediate));
        Assert.True(code[5].IsHelperCall);
        Assert.Equal((true, 23 - 9 - 1), (code[9].IsFunctionCall, code[9].Immediate));
        Assert.Equal((true, 28 - 12 - 1), (code[12].IsFunctionCall, code[12].Immediate));
        Assert.Equal((true, 28 - 25 - 1), (code[25].IsFunctionCall, code[25].Immediate));
        Assert.Equal((BpfPseudo.MapValue, 100, 0), (code[6].Source, code[6].Immediate, code[7].Immediate));
        Assert.Equal((BpfPseudo.MapValue, 100), (code[16].Source, code[16].Immediate));
    }

    [Fact]
    public void Only_what_a_program_uses_comes_with_it()
    {
        ObjectSpec spec = TestObjects.Read("calls.bpf.o");

        BpfInstruction[] second = BpfInstruction.ReadAll(TestObjects.Linker(spec).Link("second").Instructions.Span);
        Assert.Equal(5 + 4, second.Length);
        Assert.Equal(5 - 3 - 1, second[3].Immediate);
        Assert.Equal(0xa7, second[7].Opcode);
        Assert.Equal(16, TestObjects.Linker(spec).Link("alone").Instructions.Length);
    }

    [Fact]
    public void Function_and_line_records_follow_the_instructions()
    {
        ObjectSpec spec = TestObjects.Read("calls.bpf.o");
        LinkedProgram linked = TestObjects.Linker(spec).Link("first");

        Assert.Equal(8, linked.FunctionInfoRecordSize);
        (int At, string Name)[] functions = [.. Records(linked.FunctionInfo, 8).Select(r => (BitConverter.ToInt32(r), spec.Btf!.TypeById(BitConverter.ToUInt32(r, 4)).Name))];
        Assert.Equal([(0, "first"), (15, "add"), (23, "thrice"), (28, "twice")], functions);
        int[] lines = [.. Records(linked.LineInfo, linked.LineInfoRecordSize).Select(r => BitConverter.ToInt32(r))];
        Assert.Equal(lines.Distinct().Order(), lines);
        Assert.Superset(new HashSet<int> { 0, 15, 23, 28 }, lines.ToHashSet());
        Assert.All(lines, at => Assert.InRange(at, 0, (linked.Instructions.Length / 8) - 1));
    }

    [Fact]
    public void Maps_and_global_data_get_their_descriptors_and_offsets()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");
        List<string> asked = [];
        ProgramLinker linker = new(spec, new LinkTarget
        {
            MapDescriptor = name =>
            {
                asked.Add(name);
                return 7;
            },
        });

        BpfInstruction[] code = BpfInstruction.ReadAll(linker.Link("message").Instructions.Span);

        Assert.Equal(".rodata.custom hidden_array maps.bss maps.data maps.rodata tails", string.Join(' ', asked.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)));
        (BpfInstruction, BpfInstruction)[] loads = [.. Enumerable.Range(0, code.Length).Where(i => code[i].IsMapLoad).Select(i => (code[i], code[i + 1]))];
        Assert.Equal(2, loads.Count(l => l.Item1.Source == BpfPseudo.MapDescriptor));
        Assert.All(loads, l => Assert.Equal(7, l.Item1.Immediate));
        Assert.Contains(loads, l => l.Item1.Source == BpfPseudo.MapValue && l.Item2.Immediate == 8);
    }

    [Fact]
    public void Kernel_functions_are_called_by_their_ids_flavours_ignored()
    {
        LinkedProgram linked = TestObjects.Linker(TestObjects.Read("kfuncs.bpf.o"), TestObjects.Kernel).Link("good");
        BpfInstruction[] calls = [.. BpfInstruction.ReadAll(linked.Instructions.Span).Where(i => i.IsCall)];

        int id = (int)BpftoolDump.Kernel.Id("FUNC", "bpf_rdonly_cast");
        Assert.Equal(2, calls.Length);
        Assert.All(calls, c => Assert.Equal((true, id, 0), (c.IsKernelFunctionCall, c.Immediate, c.Offset)));
        Assert.Empty(linked.MissingKernelFunctions);
    }

    [Fact]
    public void A_missing_weak_function_is_null_and_its_call_cannot_be_verified()
    {
        LinkedProgram linked = TestObjects.Linker(TestObjects.Read("kfuncs.bpf.o"), TestObjects.Kernel).Link("weak");
        BpfInstruction[] code = BpfInstruction.ReadAll(linked.Instructions.Span);

        Assert.Equal(["bpf_weak_never"], linked.MissingKernelFunctions);
        Assert.Equal((0, 0, 0), (code[1].Source, code[1].Immediate, code[2].Immediate));
        Assert.Equal((true, ProgramLinker.MissingFunctionHelper), (code[4].IsHelperCall, code[4].Immediate));
    }

    [Theory]
    [InlineData("strong", "bpf_strong_never", "does not have")]
    [InlineData("mismatch", "bpf_cast_to_kern_ctx", "other parameters")]
    [InlineData("symbols", "woken_wake_function", "kallsyms")]
    public void What_a_program_cannot_do_without_is_named(string program, string missing, string reason)
    {
        ProgramLinker linker = TestObjects.Linker(TestObjects.Read("kfuncs.bpf.o"), TestObjects.Kernel, _ => null);

        BpfRelocationException error = Assert.Throws<BpfRelocationException>(() => linker.Link(program));
        Assert.Equal((program, missing), (error.ProgramName, error.Missing));
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Symbols_without_type_get_their_addresses()
    {
        ProgramLinker linker = TestObjects.Linker(
            TestObjects.Read("kfuncs.bpf.o"),
            TestObjects.Kernel,
            name => name == "woken_wake_function" ? 0xffffffff81234560 : null);

        Dictionary<int, ulong> stored = StoreReader.Read(linker.Link("symbols").Instructions);
        Assert.Equal((0xffffffff81234560, 0UL, 0UL), (stored[0], stored[1], stored[2]));
    }

    [Fact]
    public void Variables_with_type_get_their_ids()
    {
        LinkedProgram linked = TestObjects.Linker(TestObjects.Read("kfuncs.bpf.o"), TestObjects.Kernel).Link("typed");
        BpfInstruction load = BpfInstruction.Read(linked.Instructions.Span);

        Assert.Equal((BpfPseudo.BtfId, (int)BpftoolDump.Kernel.Id("VAR", "bpf_prog_active")), (load.Source, load.Immediate));
    }

    [Fact]
    public void Settings_are_loaded_from_their_map_unless_they_cannot_be_had()
    {
        ObjectSpec spec = TestObjects.Read("settings.bpf.o");
        LinkTarget target = new()
        {
            MapDescriptor = name => name == "setting.kconfig" ? 9 : 8,
            SettingProblem = name => name == "CONFIG_NEVER_WAS_EITHER" ? "it asks for something that is not there" : null,
        };

        BpfInstruction[] code = BpfInstruction.ReadAll(new ProgramLinker(spec, target).Link("wrong").Instructions.Span);
        SettingSpec setting = spec.Contents.Settings["CONFIG_BPF"];
        Assert.Equal((BpfPseudo.MapValue, 9, setting.Offset), (code[0].Source, code[0].Immediate, code[1].Immediate));
        BpfRelocationException error = Assert.Throws<BpfRelocationException>(() => new ProgramLinker(spec, target).Link("missing"));
        Assert.Equal(("missing", "CONFIG_NEVER_WAS_EITHER"), (error.ProgramName, error.Missing));
    }

    [Fact]
    public void Functions_beside_their_program_are_linked_and_pointers_in_data_are_refused_by_name()
    {
        ObjectSpec spec = TestObjects.Read("shapes.bpf.o");
        Assert.Equal("bare_iterator calls_beside no_target uses_pointers", string.Join(' ', spec.Programs.Keys.Order(StringComparer.Ordinal)));

        // calls_beside has 14 instructions, beside 4.
        BpfInstruction[] code = BpfInstruction.ReadAll(TestObjects.Linker(spec).Link("calls_beside").Instructions.Span);
        Assert.Equal(14 + 4, code.Length);
        int call = Array.FindIndex(code, i => i.IsFunctionCall);
        Assert.Equal(14, call + 1 + code[call].Immediate);
        string message = Assert.Throws<BpfFormatException>(() => TestObjects.Linker(spec).Link("uses_pointers")).Message;
        Assert.Contains("'names', in which pointers are stored", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_program_is_refused_with_the_known_ones()
    {
        ProgramLinker linker = TestObjects.Linker(TestObjects.Read("calls.bpf.o"));

        Assert.Contains("first, second, alone", Assert.Throws<ArgumentException>(() => linker.Link("none")).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<byte[]> Records(ReadOnlyMemory<byte> data, int size)
    {
        for (int at = 0; at < data.Length; at += size)
        {
            yield return data.Slice(at, size).ToArray();
        }
    }
}
