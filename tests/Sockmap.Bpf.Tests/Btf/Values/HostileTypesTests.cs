using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Btf.Values;
using Sockmap.Bpf.Tests.Loading;

namespace Sockmap.Bpf.Tests.Btf.Values;

/// <summary>Types that no compiler writes are refused by a sentence, quickly and without much memory.</summary>
public sealed class HostileTypesTests
{
    private const int Rounds = 3000;
    private const uint Int = 1u << 24;
    private const uint Array = 3u << 24;
    private const uint Struct = 4u << 24;
    private const uint Union = 5u << 24;
    private const uint Enum = 6u << 24;

    // Not how fast it should be: what a hang would exceed.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    private static readonly uint[] Byte = [0, Int, 1, 8];

    [Fact]
    public void A_struct_that_holds_itself() => Refused("nested more than 32 deep", 1, [0, Struct | 1, 4, 1, 1, 0]);

    [Fact]
    public void An_array_that_holds_itself() => Refused("deep", 1, [0, Array, 0, 1, 1, 1]);

    [Fact]
    public void A_small_array_of_very_many_elements_without_bytes() =>
        Refused("values", 2, [0, Struct, 0, 0, Array, 0, 1, 1, 0x7fffffff]);

    [Fact]
    public void Structs_that_hold_the_next_one_twice_thirty_times_over()
    {
        // Type n is a struct whose two members, both at 0, are type n + 1; the last is an int.
        List<uint> types = [];
        for (uint id = 1; id <= 30; id++)
        {
            types.AddRange([0, Struct | 2, 4, 1, id + 1, 0, 3, id + 1, 0]);
        }

        types.AddRange([0, Int, 4, 32]);
        Refused("values or more", 1, [.. types]);
    }

    [Fact]
    public void Anonymous_structs_that_hold_the_next_one_twice_thirty_times_over()
    {
        List<uint> types = [];
        for (uint id = 1; id <= 30; id++)
        {
            types.AddRange([0, Struct | 2, 4, 0, id + 1, 0, 0, id + 1, 0]);
        }

        types.AddRange([0, Int, 4, 32]);
        Refused("more than 262144 members", 1, [.. types]);
    }

    [Fact]
    public void A_member_outside_its_struct() => Refused("'x' of 8 bits at bit 8", 2, [.. Byte, 0, Struct | 1, 1, 1, 1, 8]);

    [Fact]
    public void A_bit_field_wider_than_its_type() => Refused("bit field of 9 bits in 1 bytes", 2, [.. Byte, 0, (1u << 31) | Struct | 1, 4, 1, 1, 9u << 24]);

    [Fact]
    public void A_bit_field_outside_its_struct() => Refused("at bit 7", 2, [.. Byte, 0, (1u << 31) | Struct | 1, 1, 1, 1, (2u << 24) | 7]);

    [Fact]
    public void A_struct_that_begins_within_a_byte() => Refused("not a whole byte", 3, [.. Byte, 0, Struct | 1, 1, 1, 1, 0, 0, Struct | 1, 4, 1, 2, 3]);

    [Fact]
    public void An_integer_of_more_bits_than_bytes() => Refused("integer of 64 bits", 1, [0, Int, 4, 64]);

    [Fact]
    public void An_integer_without_bits() => Refused("integer of 0 bits", 1, [0, Int, 4, 0]);

    [Fact]
    public void An_integer_of_many_bytes() => Refused("integer of 8 bits", 1, [0, Int, 0x7fffffff, 8]);

    [Fact]
    public void An_enumeration_of_three_bytes() => Refused("enumeration of 3 bytes", 1, [0, Enum, 3]);

    [Fact]
    public void A_type_that_is_not_there() => Refused("refers to type 9", 1, [0, Struct | 1, 4, 1, 9, 0]);

    [Fact]
    public void A_function_has_no_value() => Refused("has no values", 1, [0, 13u << 24, 0]);

    [Fact]
    public void One_giant_name_for_every_member()
    {
        uint[] types = [.. Byte, 0, Union | 2, 1, 1, 1, 0, 1, 1, 0];
        BtfSpec spec = BtfSpec.Parse(Blob(types, new string('n', 600)), "hostile");
        Assert.Contains("a name of more than 512 bytes", Assert.Throws<BpfFormatException>(() => spec.ShapeOf(2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_of_one_name_are_told_apart()
    {
        BtfSpec spec = BtfSpec.Parse(Blob([.. Byte, 0, Struct | 3, 3, 1, 1, 0, 1, 1, 8, 3, 1, 16]), "twice");
        OrderedDictionary<string, object?> value = Assert.IsType<OrderedDictionary<string, object?>>(spec.ShapeOf(2).Decode([1, 2, 3]));
        Assert.Equal(["x", "x#2", "y"], value.Keys);
        Assert.Equal([1, 2, 3], spec.ShapeOf(2).Encode(value, "value"));
    }

    [Fact]
    public async Task Flipped_bytes_in_the_types()
    {
        ReadOnlyMemory<byte> original = TestObjects.Read("values.bpf.o").Btf!.Blob;
        Random random = new(5);
        int read = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] blob = original.ToArray();
            for (int flips = random.Next(1, 6); flips > 0; flips--)
            {
                blob[24 + random.Next(blob.Length - 24)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)random.Next(8);
            }

            read += await Task.Run(() => UseAll(blob), TestContext.Current.CancellationToken).WaitAsync(Hang, TestContext.Current.CancellationToken);
        }

        Assert.True(read > Rounds, $"Only {read} types could be read: the damage hid what is to be tested.");
    }

    private static int UseAll(byte[] blob)
    {
        BtfSpec spec;
        try
        {
            spec = BtfSpec.Parse(blob, "damaged");
        }
        catch (BpfFormatException)
        {
            return 0;
        }

        int read = 0;
        foreach (BtfType type in spec.Types())
        {
            try
            {
                ValueShape shape = spec.ShapeOf(type.Id);
                if (shape.Size > 1 << 16)
                {
                    // A map's values have the size that the map says, so that such a type is never used for one.
                    continue;
                }

                object? value = shape.Decode(new byte[shape.Size]);
                Assert.Equal(shape.Size, shape.Encode(value, "value").Length);
                read++;
            }
            catch (BpfFormatException)
            {
                // Refused, as it should be.
            }
        }

        return read;
    }

    private static void Refused(string fault, uint typeId, uint[] types)
    {
        BtfSpec spec = BtfSpec.Parse(Blob(types), "hostile");
        Task<BpfFormatException> refusal = Task.Run(() => Assert.Throws<BpfFormatException>(() => spec.ShapeOf(typeId)));
        Assert.True(refusal.Wait(Hang), "It hangs.");
        Assert.Contains(fault, refusal.Result.Message, StringComparison.Ordinal);
    }

    private static byte[] Blob(uint[] types, string name = "x")
    {
        byte[] strings = [0, .. System.Text.Encoding.ASCII.GetBytes(name), 0, (byte)'y', 0];
        uint length = (uint)types.Length * 4;
        uint[] header = [0x0001eb9f, 24, 0, length, length, (uint)strings.Length];
        return [.. header.Concat(types).SelectMany(BitConverter.GetBytes), .. strings];
    }
}
