using Sockmap.Bpf.Features;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Tests.Programs;

public sealed class BtfObjectTests
{
    [Fact]
    public void Load_keeps_what_was_given()
    {
        byte[] data = ProbeMaps.IntBtf();
        using BtfObject btf = BtfObject.Load(data);
        BtfObjectInfo info = btf.GetInfo();
        Assert.False(info.IsKernel);
        Assert.Equal((uint)data.Length, info.Size);
        Assert.Equal(data, btf.GetData());
        using BtfObject again = BtfObject.OpenById(info.Id);
        Assert.Equal(info.Id, again.GetInfo().Id);
        Assert.Contains(info.Id, BtfObject.EnumerateIds());
    }

    [Fact]
    public void Wrong_types_are_refused_with_the_kernels_log()
    {
        byte[] data = ProbeMaps.IntBtf();
        data[24] = 200; // a name beyond the strings
        VerifierException exception = Assert.Throws<VerifierException>(() => BtfObject.Load(data));
        Assert.Equal("EINVAL", exception.ErrnoName);
        Assert.Contains("name_offset", exception.VerifierLog, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernels_own_types_are_object_1()
    {
        using BtfObject btf = BtfObject.OpenById(1);
        Assert.True(btf.GetInfo().IsKernel);
        Assert.Equal("vmlinux", btf.GetInfo().Name);
    }

    [Fact]
    public void Nothing_is_no_BTF() => Assert.Throws<ArgumentException>(() => BtfObject.Load([]));

    /// <summary>int (1), int () (2), and a function of that type (3).</summary>
    internal static byte[] FunctionBtf()
    {
        byte[] strings = [.. "\0int\0main\0"u8];
        uint[] words =
        [
            0x0001eb9f, 24, 0, 40, 40, (uint)strings.Length,
            1, 1u << 24, 4, (1u << 24) | 32,
            0, 13u << 24, 1,
            5, (12u << 24) | 1, 2,
        ];
        byte[] data = new byte[(words.Length * 4) + strings.Length];
        Buffer.BlockCopy(words, 0, data, 0, words.Length * 4);
        strings.CopyTo(data, words.Length * 4);
        return data;
    }
}
