using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Tests.Loading;

namespace Sockmap.Bpf.Tests.Btf;

public sealed class BtfSpecTests
{
    [Fact]
    public void Reads_the_kernels_types_as_bpftool_does()
    {
        BtfSpec kernel = TestObjects.Kernel;
        BpftoolDump other = BpftoolDump.Kernel;

        Assert.Equal(other.TypeCount + 1, kernel.Count);
        foreach (string name in new[] { "tcp_sock", "sock", "sk_buff", "task_struct", "sk_psock" })
        {
            Assert.True(kernel.TryFind(name, BtfKind.Struct, out BtfType type));
            Assert.Equal(other.Struct(name), (type.Id, type.Size));
        }

        Assert.True(kernel.TryFind("tcp_sendmsg", BtfKind.Function, out BtfType function));
        Assert.Equal(other.Id("FUNC", "tcp_sendmsg"), function.Id);
        Assert.Equal(BtfKind.FunctionPrototype, kernel.TypeById(function.TypeId).Kind);
        Assert.Equal(3, kernel.TypeById(function.TypeId).Count);
    }

    [Fact]
    public void Every_type_of_the_kernel_can_be_looked_at()
    {
        BtfSpec kernel = TestObjects.Kernel;
        foreach (BtfType type in kernel.Types())
        {
            Assert.NotNull(type.ToString());
            for (int i = 0; i < type.Count; i++)
            {
                uint inner = type.Kind switch
                {
                    BtfKind.Struct or BtfKind.Union => type.GetMember(i).TypeId,
                    BtfKind.FunctionPrototype => type.GetParameter(i).TypeId,
                    BtfKind.DataSection => type.GetVariable(i).TypeId,
                    _ => 0,
                };
                _ = kernel.TypeById(inner);
            }
        }
    }

    [Fact]
    public void Does_not_find_what_is_not_there()
    {
        BtfSpec kernel = TestObjects.Kernel;

        Assert.False(kernel.TryFind("no_such_struct_anywhere", BtfKind.Struct, out _));
        Assert.False(kernel.TryFind("tcp_sock", BtfKind.Union, out _));
        Assert.Empty(kernel.FindAll(string.Empty));
        Assert.Empty(kernel.FindFlavours(string.Empty));
        Assert.False(kernel.TryFind("tcp_sock___flavour", BtfKind.Struct, out _));
        Assert.Contains(kernel.FindFlavours("tcp_sock___flavour"), t => t.Kind == BtfKind.Struct && t.Name == "tcp_sock");
    }

    [Fact]
    public void Reads_every_kind_of_an_object()
    {
        BtfSpec btf = TestObjects.Read("kinds.bpf.o").Btf!;

        Assert.True(btf.TryFind("big", BtfKind.Enum64, out BtfType big));
        Assert.Equal(0x123456789aUL, big.GetEnumerator(0).Value);
        Assert.True(btf.TryFind("negative", BtfKind.Enum, out BtfType negative));
        Assert.True(negative.IsSigned);
        Assert.Equal(-1L, (long)negative.GetEnumerator(0).Value);
        Assert.True(btf.TryFind("s", BtfKind.Struct, out BtfType s));
        Assert.Equal([0u, 3u, 5u], Enumerable.Range(0, 3).Select(i => s.GetMember(i).BitSize));
        Assert.Equal([0u, 64u, 67u], Enumerable.Range(0, 3).Select(i => s.GetMember(i).BitOffset));
        Assert.True(btf.TryFind("u", BtfKind.Union, out BtfType u));
        Assert.Equal(8u, btf.SizeOf(u.Id));
        Assert.Equal(BtfKind.Volatile, btf.TypeById(u.GetMember(1).TypeId).Kind);
        Assert.Equal(BtfKind.Restrict, btf.TypeById(u.GetMember(2).TypeId).Kind);
        Assert.True(btf.TryFind("float", BtfKind.Float, out BtfType f));
        Assert.Equal(4u, f.Size);
        Assert.True(btf.TryFind("fwd", BtfKind.Forward, out BtfType forward));
        Assert.False(forward.KindFlag);
        Assert.True(btf.TryFind("here", BtfKind.DeclarationTag, out BtfType tag));
        Assert.Equal((s.Id, -1), (tag.TypeId, tag.ComponentIndex));
        Assert.True(btf.TryFind("user", BtfKind.TypeTag, out _));
        Assert.True(btf.TryFind("global_function", BtfKind.Function, out BtfType function));
        Assert.Equal(BtfLinkage.Global, function.Linkage);
        Assert.Throws<InvalidOperationException>(() => function.Size);
        Assert.Throws<InvalidOperationException>(() => f.TypeId);
        Assert.Throws<ArgumentOutOfRangeException>(() => s.GetMember(3));
        Assert.Throws<BpfFormatException>(() => btf.TypeById((uint)btf.Count));
        Assert.Throws<BpfFormatException>(() => btf.SizeOf(function.Id));
    }

    [Theory]
    [InlineData("sock", "sock")]
    [InlineData("sock___old", "sock")]
    [InlineData("a___b___c", "a___b")]
    [InlineData("___x", "___x")]
    [InlineData("x___", "x___")]
    [InlineData("a____b", "a____b")]
    public void A_flavour_starts_at_the_last_three_underscores(string name, string essential)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);

        Assert.Equal(essential, System.Text.Encoding.UTF8.GetString(BtfSpec.EssentialName(bytes)));
    }

    [Fact]
    public void Types_that_run_in_circles_are_refused()
    {
        // Type 1: typedef of 1. Type 2: array of 2.
        byte[] circle = Blob([0, 8u << 24, 1, 0, 3u << 24, 0, 2, 2, 2]);
        BtfSpec btf = BtfSpec.Parse(circle, "circle");

        Assert.Throws<BpfFormatException>(() => btf.Resolve(1));
        Assert.Throws<BpfFormatException>(() => btf.SizeOf(1));
        Assert.Throws<BpfFormatException>(() => btf.SizeOf(2));
    }

    [Fact]
    public void An_unknown_kind_is_read_over_where_a_layout_describes_it()
    {
        // Kind 20: 4 bytes and 8 for each of 2 elements; then an int.
        uint[] types = [0, (20u << 24) | 2, 0, 9, 9, 9, 9, 9, 1, 1u << 24, 4, 32];
        byte[] layout = new byte[21 * 4];
        (layout[80], layout[81]) = (4, 8);

        BtfSpec btf = BtfSpec.Parse(Blob(types, layout), "new");

        Assert.Equal(3, btf.Count);
        Assert.Equal((BtfKind.Int, 4u), (btf.TypeById(2).Kind, btf.TypeById(2).Size));
        Assert.Contains("unknown kind 20", Assert.Throws<BpfFormatException>(() => BtfSpec.Parse(Blob(types), "new")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Split_types_go_on_where_their_base_ends()
    {
        BtfSpec kernel = TestObjects.Kernel;
        (uint thing, uint pointer) = ((uint)kernel.Count, (uint)kernel.Count + 1);

        BtfSpec split = BtfSpec.Parse(SplitBlob(kernel), "module", kernel);

        Assert.Equal(kernel.Count + 2, split.Count);
        Assert.Equal([thing, pointer], split.Types().Select(t => t.Id));
        Assert.True(split.TryFind("module_thing", BtfKind.Struct, out BtfType type));
        Assert.Equal((thing, 16u, 2), (type.Id, type.Size, type.Count));
        Assert.Equal(["own_field", "tcp_sock"], Enumerable.Range(0, 2).Select(i => split.StringAt(type.GetMember(i).NameOffset)));
        Assert.Equal(("int", "tcp_sock"), (split.TypeById(type.GetMember(0).TypeId).Name, split.Resolve(split.TypeById(pointer).TypeId).Name));
        Assert.Equal(thing, Assert.Single(split.FindFlavours("module_thing___old")).Id);

        // The base's names are the base's, and no name of the other's.
        Assert.False(split.TryFind("tcp_sock", BtfKind.Struct, out _));
        Assert.False(kernel.TryFind("module_thing", BtfKind.Struct, out _));
        Assert.Throws<BpfFormatException>(() => kernel.TypeById(thing));
        Assert.Throws<BpfFormatException>(() => split.TypeById(pointer + 1));
    }

    [Fact]
    public void Split_types_are_read_as_bpftool_reads_them()
    {
        BtfSpec kernel = TestObjects.Kernel;
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, SplitBlob(kernel));
            BpftoolDump? other = BpftoolDump.Read(file, "--base-btf", BtfSpec.KernelPath);
            Assert.SkipWhen(other is null, "bpftool is not installed");
            BtfSpec split = BtfSpec.Parse(File.ReadAllBytes(file), "module", kernel);

            Assert.True(split.TryFind("module_thing", BtfKind.Struct, out BtfType type));
            Assert.Equal(other.Struct("module_thing"), (type.Id, type.Size));
            Assert.Equal(other.BitOffset("module_thing", "tcp_sock"), (int)type.GetMember(1).BitOffset);
            Assert.Equal(other.TypeCount, split.Types().Count());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Damaged_split_types_are_refused()
    {
        BtfSpec kernel = TestObjects.Kernel;
        byte[] whole = SplitBlob(kernel);

        Assert.Contains("begin and end", Assert.Throws<BpfFormatException>(() => BtfSpec.Parse(whole, "module")).Message, StringComparison.Ordinal);
        byte[] unended = [.. whole];
        unended[^1] = (byte)'x';
        Assert.Contains("end with a zero byte", Assert.Throws<BpfFormatException>(() => BtfSpec.Parse(unended, "module", kernel)).Message, StringComparison.Ordinal);
        byte[] misnamed = [.. whole];
        BitConverter.GetBytes(uint.MaxValue).CopyTo(misnamed, 24);
        Assert.Contains($"string {uint.MaxValue}", Assert.Throws<BpfFormatException>(() => BtfSpec.Parse(misnamed, "module", kernel).TryFind("x", BtfKind.Int, out _)).Message, StringComparison.Ordinal);
        Assert.Throws<BpfFormatException>(() => BtfSpec.Parse(whole.AsMemory(0, whole.Length - 1), "module", kernel));
    }

    /// <summary>As a module's: a struct of an int and a pointer to the kernel's tcp_sock, whose name names a member too.</summary>
    private static byte[] SplitBlob(BtfSpec kernel)
    {
        Assert.True(kernel.TryFind("int", BtfKind.Int, out BtfType number));
        Assert.True(kernel.TryFind("tcp_sock", BtfKind.Struct, out BtfType socket));
        uint names = (uint)kernel.StringBytes.Length;
        byte[] strings = System.Text.Encoding.UTF8.GetBytes("module_thing\0own_field\0");
        uint[] types =
        [
            names, (4u << 24) | 2, 16, names + 13, number.Id, 0, socket.NameOffset, (uint)kernel.Count + 1, 64,
            0, 2u << 24, socket.Id,
        ];
        uint length = (uint)types.Length * 4;
        uint[] header = [0x0001eb9f, 24, 0, length, length, (uint)strings.Length];
        return [.. header.Concat(types).SelectMany(BitConverter.GetBytes), .. strings];
    }

    private static byte[] Blob(uint[] types, byte[]? layout = null)
    {
        byte[] strings = [0, (byte)'x', 0];
        uint length = (uint)types.Length * 4;
        uint layoutLength = (uint)(layout?.Length ?? 0);
        uint[] header = [0x0001eb9f, 32, 0, length, length, (uint)strings.Length, length + (uint)strings.Length, layoutLength];
        return [.. header.Concat(types).SelectMany(BitConverter.GetBytes), .. strings, .. layout ?? []];
    }
}
