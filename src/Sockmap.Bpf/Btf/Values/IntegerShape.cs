using System.Numerics;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>A whole number, a bit field, a pointer or a truth value.</summary>
internal sealed class IntegerShape : ValueShape
{
    private readonly int _bits;
    private readonly int _width;
    private readonly bool _signed;
    private readonly bool _boolean;

    /// <param name="typeName">The C type.</param>
    /// <param name="bits">1 to 128.</param>
    /// <param name="width">Bytes of the type, of which a bit field takes a part.</param>
    /// <param name="signed">Whether it has a sign.</param>
    /// <param name="boolean">Whether 0 and 1 are $false and $true; other numbers stay numbers.</param>
    internal IntegerShape(string typeName, int bits, int width, bool signed, bool boolean = false)
        : base(typeName, bits, 1)
    {
        _bits = bits;
        _width = width;
        _signed = signed;
        _boolean = boolean;
    }

    internal static IntegerShape UInt32 { get; } = new("unsigned int", 32, 4, signed: false);

    internal static IntegerShape UInt64 { get; } = new("unsigned long long", 64, 8, signed: false);

    internal override object? Read(ReadOnlySpan<byte> bytes, long bitOffset)
    {
        UInt128 raw = ValueBits.Read(bytes, bitOffset, _bits);
        return _boolean && raw <= UInt128.One ? raw == UInt128.One : ValueBits.Box(raw, _bits, _width, _signed);
    }

    private protected override void WriteObject(ValueWriter writer, long bitOffset, object value, string path)
    {
        BigInteger least = _signed ? -(BigInteger.One << (_bits - 1)) : BigInteger.Zero;
        BigInteger most = (BigInteger.One << (_signed ? _bits - 1 : _bits)) - 1;
        if (!NumberReader.TryRead(value, out BigInteger number) || number < least || number > most)
        {
            throw Wrong(path, value, _boolean ? "$true or $false" : $"{least} to {most}");
        }

        writer.Write(bitOffset, _bits, (UInt128)(number & ((BigInteger.One << _bits) - 1)), path);
    }
}
