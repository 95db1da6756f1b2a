using System.Globalization;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>A floating point number of 4 or 8 bytes.</summary>
internal sealed class FloatShape : ValueShape
{
    internal FloatShape(string typeName, int width)
        : base(typeName, width * 8L, 1)
    {
    }

    internal override object? Read(ReadOnlySpan<byte> bytes, long bitOffset)
    {
        ulong bits = (ulong)ValueBits.Read(bytes, bitOffset, (int)BitSize);
        return Size == sizeof(float) ? BitConverter.UInt32BitsToSingle((uint)bits) : BitConverter.UInt64BitsToDouble(bits);
    }

    private protected override void WriteObject(ValueWriter writer, long bitOffset, object value, string path)
    {
        if (!TryRead(value, out ulong bits))
        {
            throw Wrong(path, value, "a number");
        }

        writer.Write(bitOffset, (int)BitSize, bits, path);
    }

    private bool TryRead(object value, out ulong bits)
    {
        // Not by way of double: that would change a NaN's bits.
        if (value is float single && Size == sizeof(float))
        {
            bits = BitConverter.SingleToUInt32Bits(single);
            return true;
        }

        double number;
        if (value is float or double or decimal)
        {
            number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        }
        else if (NumberReader.TryRead(value, out System.Numerics.BigInteger whole))
        {
            number = (double)whole;
        }
        else if (value is not string text || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
        {
            bits = 0;
            return false;
        }

        bits = Size == sizeof(float) ? BitConverter.SingleToUInt32Bits((float)number) : BitConverter.DoubleToUInt64Bits(number);
        return true;
    }
}
