using System.Buffers.Binary;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>Reads numbers of any number of bits at any bit, little end first.</summary>
internal static class ValueBits
{
    internal static UInt128 Read(ReadOnlySpan<byte> bytes, long bitOffset, int bitSize)
    {
        int at = (int)(bitOffset / 8);
        int shift = (int)(bitOffset % 8);
        if (shift == 0)
        {
            switch (bitSize)
            {
                case 8:
                    return bytes[at];
                case 16:
                    return BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
                case 32:
                    return BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
                case 64:
                    return BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
                default:
                    break;
            }
        }

        UInt128 result = 0;
        for (int done = 0; done < bitSize; at++, shift = 0)
        {
            int count = Math.Min(8 - shift, bitSize - done);
            result |= (UInt128)((bytes[at] >> shift) & ((1 << count) - 1)) << done;
            done += count;
        }

        return result;
    }

    /// <summary>The number whose two's complement the bits are.</summary>
    internal static Int128 SignExtend(UInt128 bits, int bitSize) => (Int128)(bits << (128 - bitSize)) >> (128 - bitSize);

    internal static UInt128 Mask(int bitSize) => UInt128.MaxValue >> (128 - bitSize);

    /// <summary>Boxes a number as the .NET type of as many bytes; more than 8 bytes as a BigInteger, which scripts can reckon with.</summary>
    internal static object Box(UInt128 bits, int bitSize, int width, bool signed)
    {
        if (signed)
        {
            Int128 number = SignExtend(bits, bitSize);
            return width switch
            {
                1 => (object)(sbyte)number,
                2 => (short)number,
                <= 4 => (int)number,
                <= 8 => (long)number,
                _ => (System.Numerics.BigInteger)number,
            };
        }

        return width switch
        {
            1 => (object)(byte)bits,
            2 => (ushort)bits,
            <= 4 => (uint)bits,
            <= 8 => (ulong)bits,
            _ => (System.Numerics.BigInteger)bits,
        };
    }
}
