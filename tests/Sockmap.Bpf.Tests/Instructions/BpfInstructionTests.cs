using FsCheck;
using FsCheck.Fluent;
using Sockmap.Bpf.Instructions;

namespace Sockmap.Bpf.Tests.Instructions;

public sealed class BpfInstructionTests
{
    [Fact]
    public void Any_eight_bytes_read_and_written_are_the_same() =>
        Prop.ForAll<ulong>(value =>
        {
            byte[] bytes = BitConverter.GetBytes(value);
            return BpfInstruction.WriteAll(BpfInstruction.ReadAll(bytes)).SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Reads_what_objdump_shows()
    {
        // 63 1a fc ff 00 00 00 00: *(u32 *)(r10 - 0x4) = r1
        BpfInstruction store = BpfInstruction.Read([0x63, 0x1a, 0xfc, 0xff, 0, 0, 0, 0]);
        Assert.Equal(new BpfInstruction(0x63, 10, 1, -4, 0), store);
        Assert.Equal(3, store.Class);

        BpfInstruction call = BpfInstruction.Read([0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        Assert.True(call.IsCall && call.IsFunctionCall && !call.IsHelperCall && !call.IsKernelFunctionCall);
        Assert.Equal(-1, call.Immediate);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x123456789abcdef0UL)]
    [InlineData(ulong.MaxValue)]
    public void A_64_bit_load_is_split_in_two(ulong value)
    {
        (BpfInstruction first, BpfInstruction second) = BpfInstruction.LoadImmediate64(3, value, BpfPseudo.MapValue);

        Assert.True(first.IsLoadImmediate64 && first.IsMapLoad);
        Assert.Equal(value, (uint)first.Immediate | ((ulong)(uint)second.Immediate << 32));
        Assert.Equal((3, 0, 0), (first.Destination, second.Opcode, second.Destination));
    }

    [Fact]
    public void Half_an_instruction_is_refused() => Assert.Throws<ArgumentException>(() => BpfInstruction.ReadAll(new byte[12]));
}
