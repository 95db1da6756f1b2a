using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Instructions;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Tests.Btf;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>CO-RE answers against the running kernel's types, checked with bpftool's view of them.</summary>
public sealed class CoreRelocationTests
{
    private static readonly Lazy<ObjectSpec> Spec = new(() => TestObjects.Read("core.bpf.o"));

    [Fact]
    public void Fields()
    {
        Dictionary<int, ulong> stored = Stores("fields");
        BpftoolDump kernel = BpftoolDump.Kernel;

        Assert.Equal((ulong)kernel.BitOffset("tcp_sock", "write_seq") / 8, stored[0]);
        Assert.Equal(16UL, stored[1]);
        Assert.Equal((1UL, 0UL), (stored[2], stored[3]));
        Assert.Equal((1UL, 0UL), (stored[4], stored[5]));
        Assert.Equal((ulong)(kernel.BitOffset("task_struct", "comm") / 8) + 5, stored[10]);
        Assert.Equal((ulong)kernel.BitOffset("sock_common", "skc_state") / 8, stored[11]);
    }

    [Fact]
    public void Bit_fields_are_found_in_anonymous_members_and_shifted_into_place()
    {
        Dictionary<int, ulong> stored = Stores("fields");

        // pkt_type: 3 bits at the start of a byte, in the anonymous struct of sk_buff's headers (include/linux/skbuff.h).
        (ulong offset, ulong size, ulong left, ulong right) = (stored[8], stored[9], stored[6], stored[7]);
        (BtfMember member, uint bitOffset) = FindBitField("sk_buff", "pkt_type");
        Assert.Equal(3u, member.BitSize);
        Assert.Equal(64UL - 3, right);
        Assert.Equal(bitOffset / 8 / size * size, offset);
        Assert.Equal(64 - (bitOffset + 3 - (offset * 8)), left);
    }

    [Fact]
    public void Types()
    {
        Dictionary<int, ulong> stored = Stores("types");
        (uint id, uint size) = BpftoolDump.Kernel.Struct("tcp_sock");

        Assert.True(Spec.Value.Btf!.TryFind("tcp_sock", BtfKind.Struct, out BtfType local));
        Assert.Equal(local.Id, (uint)stored[0]);
        Assert.Equal(id, (uint)stored[1]);
        Assert.Equal((1UL, 0UL), (stored[2], stored[3]));
        Assert.Equal(size, (uint)stored[4]);
        Assert.Equal((1UL, 0UL), (stored[5], stored[6]));
        Assert.Equal(0UL, stored[7]);
    }

    [Fact]
    public void Enumerations_ignore_flavours()
    {
        Dictionary<int, ulong> stored = Stores("enums");

        Assert.Equal((1UL, 0UL, 18UL), (stored[0], stored[1], stored[2]));
    }

    [Fact]
    public void Loads_get_the_kernels_offsets()
    {
        BpfInstruction[] code = Link("access");
        BpftoolDump kernel = BpftoolDump.Kernel;

        Assert.Equal(kernel.BitOffset("tcp_sock", "write_seq") / 8, code[1].Offset);
        Assert.Equal(kernel.BitOffset("tcp_sock", "copied_seq") / 8, code[2].Offset);
        Assert.Equal(kernel.BitOffset("sock", "sk_rcvlowat") / 8, code[4].Offset);
        Assert.Equal(kernel.BitOffset("sock_common", "skc_family") / 8, code[6].Offset);
        Assert.Equal((0x61, 0x61, 0x61), (code[1].Opcode, code[2].Opcode, code[4].Opcode));
        Assert.Equal(0x69, code[6].Opcode);
    }

    [Fact]
    public void What_the_kernel_lacks_is_poisoned_and_told()
    {
        LinkedProgram linked = TestObjects.Linker(Spec.Value, TestObjects.Kernel).Link("missing");
        BpfInstruction[] code = BpfInstruction.ReadAll(linked.Instructions.Span);

        Assert.Equal(0, code[0].Immediate);
        BpfInstruction poison = new(0x85, 0, 0, 0, 0xbad2310);
        Assert.Equal(poison, code[2]);
        Assert.Equal((poison, poison), (code[8], code[9]));
        Assert.Equal(2, linked.MissingFields.Count);
        Assert.Contains(linked.MissingFields, f => f.Contains("tcp_sock___old.no_such_field", StringComparison.Ordinal));
        Assert.Contains(linked.MissingFields, f => f.Contains("NEVER_VALUE", StringComparison.Ordinal));
    }

    [Fact]
    public void An_unsigned_load_takes_the_kernels_width_and_a_signed_one_is_poisoned()
    {
        Assert.Equal(0x69, Link("widths")[0].Opcode);
        Assert.Equal(new BpfInstruction(0x85, 0, 0, 0, 0xbad2310), Link("unsafe_width")[0]);
    }

    [Fact]
    public void Without_the_kernels_types_the_program_that_asks_is_refused()
    {
        ProgramLinker linker = TestObjects.Linker(Spec.Value, kernel: null);

        BpfRelocationException error = Assert.Throws<BpfRelocationException>(() => linker.Link("access"));
        Assert.Contains("shows no BTF", error.Message, StringComparison.Ordinal);
        Assert.Contains("write_seq", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_is_its_own_best_kernel()
    {
        // Against its own types every number stays as the compiler wrote it.
        ObjectSpec spec = Spec.Value;
        LinkedProgram linked = TestObjects.Linker(spec, spec.Contents.RawBtf).Link("access");

        BpfInstruction[] code = BpfInstruction.ReadAll(linked.Instructions.Span);
        Assert.Equal((8, 12, 4, 0), (code[1].Offset, code[2].Offset, code[4].Offset, code[6].Offset));
    }

    private static BpfInstruction[] Link(string program) =>
        BpfInstruction.ReadAll(TestObjects.Linker(Spec.Value, TestObjects.Kernel).Link(program).Instructions.Span);

    private static Dictionary<int, ulong> Stores(string program) =>
        StoreReader.Read(TestObjects.Linker(Spec.Value, TestObjects.Kernel).Link(program).Instructions);

    private static (BtfMember Member, uint BitOffset) FindBitField(string structName, string field)
    {
        BtfSpec kernel = TestObjects.Kernel;
        Assert.True(kernel.TryFind(structName, BtfKind.Struct, out BtfType root));
        Stack<(BtfType Type, uint Base)> open = new([(root, 0u)]);
        while (open.TryPop(out (BtfType Type, uint Base) at))
        {
            for (int i = 0; i < at.Type.Count; i++)
            {
                BtfMember member = at.Type.GetMember(i);
                if (member.NameOffset == 0 && kernel.Resolve(member.TypeId).IsComposite)
                {
                    open.Push((kernel.Resolve(member.TypeId), at.Base + member.BitOffset));
                }
                else if (kernel.StringAt(member.NameOffset) == field)
                {
                    return (member, at.Base + member.BitOffset);
                }
            }
        }

        throw new InvalidOperationException($"The kernel has no {structName}.{field}.");
    }
}
