using System.Text.Json;
using Sockmap.Bpf.Instructions;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Inspection;

/// <summary>Instructions as bpftool prints them.</summary>
public sealed class ProgramListingTests
{
    [Theory]
    [InlineData("calls", "first", "second", "alone")]
    [InlineData("chain", "insert", "redirect", "list")]
    [InlineData("core", "fields", "types", "enums")]
    [InlineData("kfuncs", "weak", "symbols")]
    [InlineData("kinds", "p")]
    [InlineData("long_name", "a_name_that_the_kernel_cuts")]
    [InlineData("maps", "message", "list")]
    [InlineData("shapes", "calls_beside")]
    public void Every_instruction_of_an_object_reads_as_bpftool_prints_it(string name, params string[] programs)
    {
        Bpftool.Require();
        using TestBpfFileSystem pins = new();
        using BpfObject loaded = BpfObject.Load(
            ObjectSpec.Read(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "objects", name + ".bpf.o")), name),
            new BpfObjectOptions { Programs = programs, MapPinDirectory = pins.Root });
        ProgramListing listing = new();
        foreach (BpfProgram program in loaded.Programs.Values)
        {
            uint id = program.GetInfo().Id;
            IReadOnlyList<InstructionRecord> ours = listing.Disassemble(program);
            string[] arguments = ["prog", "dump", "xlated", "id", $"{id}"];
            Assert.Equal(
                Bpftool.Run([.. arguments, "linum"]).TrimEnd('\n'),
                string.Join('\n', ours.Select(static instruction => instruction.ToListing(lineNumbers: true))));
            Assert.Equal(Bpftool.Run(arguments).TrimEnd('\n'), string.Join('\n', ours));

            JsonElement[] tool = [.. Bpftool.Json([.. arguments, "opcodes"]).EnumerateArray()];
            Assert.Equal(tool.Select(static item => item.GetProperty("disasm").GetString()), ours.Select(static instruction => instruction.Text));
            Assert.Equal(tool.Select(Code), ours.Select(static instruction => Convert.ToHexStringLower(instruction.Code)));
        }
    }

    [Fact]
    public void Maps_and_helpers_are_named()
    {
        using Sockmap.Bpf.Maps.BpfMap ring = TestObjects.RingBuffer();
        using BpfProgram program = TestObjects.RingBufferWriter(ring);
        IReadOnlyList<InstructionRecord> ours = new ProgramListing().Disassemble(program);
        InstructionRecord load = Assert.Single(ours, static instruction => instruction.MapId is not null);
        Assert.Equal((ring.GetInfo().Id, "test_ring", 16), (load.MapId!.Value, load.MapName, load.Code.Length));
        Assert.Equal(["bpf_skb_load_bytes", "bpf_ringbuf_output"], ours.Select(static instruction => instruction.Callee).OfType<string>());
        Assert.All(ours, static instruction => Assert.Null(instruction.Source));
    }

    [Fact]
    public void Machine_code_is_told_function_by_function()
    {
        using BpfObject loaded = BpfObject.Load(ObjectSpec.Read(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "objects", "calls.bpf.o")), "calls"));
        foreach (BpfProgram program in loaded.Programs.Values)
        {
            ProgramInfo info = program.GetInfo();
            IReadOnlyList<JitedFunctionRecord> functions = new ProgramListing().GetMachineCode(program);
            Assert.Equal(info.JitedSize, (uint)functions.Sum(static function => function.Code.Length));
            Assert.All(functions, static function => Assert.NotEqual(0ul, function.Address));
            Assert.All(functions, static function => Assert.NotEqual("", function.Name));
        }
    }

    [Theory]
    [InlineData(0x07, 1, 0, 0, -8, "(07) r1 += -8")]
    [InlineData(0x84, 2, 0, 0, 0, "(84) w2 = -w2")]
    [InlineData(0xd7, 2, 0, 0, 16, "(d7) r2 = bswap16 r2")]
    [InlineData(0xdc, 2, 0, 0, 32, "(dc) r2 = be32 r2")]
    [InlineData(0xd4, 2, 0, 0, 64, "(d4) r2 = le64 r2")]
    [InlineData(0x3f, 1, 2, 1, 0, "(3f) r1 s/= r2")]
    [InlineData(0x9c, 1, 2, 1, 0, "(9c) w1 s%= w2")]
    [InlineData(0xbf, 1, 2, 8, 0, "(bf) r1 = (s8)r2")]
    [InlineData(0xbf, 1, 2, 32, 0, "(bf) r1 = (s32)r2")]
    [InlineData(0xbf, 1, 2, 1, 65536, "(bf) r1 = addr_space_cast(r2, 1, 0)")]
    [InlineData(0xdb, 1, 2, -8, 0, "(db) lock *(u64 *)(r1 -8) += r2")]
    [InlineData(0xdb, 1, 2, 8, 0x51, "(db) r2 = atomic64_fetch_and((u64 *)(r1 +8), r2)")]
    [InlineData(0xc3, 1, 2, 8, 0xf1, "(c3) r0 = atomic_cmpxchg((u32 *)(r1 +8), r0, r2)")]
    [InlineData(0xc3, 1, 2, 0, 0xe1, "(c3) r2 = atomic_xchg((u32 *)(r1 +0), r2)")]
    [InlineData(0xdb, 1, 2, 0, 0x100, "(db) r1 = load_acquire((u64 *)(r2 +0))")]
    [InlineData(0xdb, 1, 2, 0, 0x110, "(db) store_release((u64 *)(r1 +0), r2)")]
    [InlineData(0x99, 1, 2, 4, 0, "(99) r1 = *(s64 *)(r2 +4)")]
    [InlineData(0x91, 1, 2, 4, 0, "(91) r1 = *(s8 *)(r2 +4)")]
    [InlineData(0x20, 0, 0, 0, 12, "(20) r0 = *(u32 *)skb[12]")]
    [InlineData(0x48, 0, 3, 0, 2, "(48) r0 = *(u16 *)skb[r3 + 2]")]
    [InlineData(0x7a, 10, 0, -8, -1, "(7a) *(u64 *)(r10 -8) = -1")]
    [InlineData(0x05, 0, 0, -3, 0, "(05) goto pc-3")]
    [InlineData(0x06, 0, 0, 0, 70000, "(06) gotol pc+70000")]
    [InlineData(0xe5, 0, 0, 2, 0, "(e5) may_goto pc+2")]
    [InlineData(0x66, 1, 0, 2, -1, "(66) if w1 s> 0xffffffff goto pc+2")]
    [InlineData(0xad, 1, 2, 2, 0, "(ad) if r1 < r2 goto pc+2")]
    [InlineData(0xc2, 0, 0, 0, 0, "(c2) nospec")]
    [InlineData(0x95, 0, 0, 0, 0, "(95) exit")]
    [InlineData(0x85, 0, 2, 0, 7, "(85) call kernel-function#7")]
    public void An_instruction_reads_as_in_the_kernel(int opcode, int destination, int source, int offset, int immediate, string text)
    {
        Assert.Equal(text, Disassembler.Format(new BpfInstruction((byte)opcode, (byte)destination, (byte)source, (short)offset, immediate)));
    }

    [Fact]
    public void No_bytes_crash_the_disassembler()
    {
        Random random = new(1);
        byte[] bytes = new byte[8];
        for (int i = 0; i < 100_000; i++)
        {
            random.NextBytes(bytes);
            Assert.NotEmpty(Disassembler.Format(BpfInstruction.Read(bytes), random.Next()));
        }
    }

    // "opcodes": { "code": "0xb7", "src_reg": "0x0", "dst_reg": "0x2", "off": ["0x00","0x00"], "imm": [...] }
    private static string Code(JsonElement item)
    {
        JsonElement opcodes = item.GetProperty("opcodes");
        string Byte(JsonElement value) => value.GetString()![2..].PadLeft(2, '0');
        string registers = opcodes.GetProperty("src_reg").GetString()![2..] + opcodes.GetProperty("dst_reg").GetString()![2..];
        string offset = string.Concat(opcodes.GetProperty("off").EnumerateArray().Select(Byte));
        string[] immediate = [.. opcodes.GetProperty("imm").EnumerateArray().Select(Byte)];

        // Of a 64-bit load the immediate goes on with the whole second instruction.
        return Byte(opcodes.GetProperty("code")) + registers + offset + string.Concat(immediate);
    }
}
