using System.Numerics;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>An enumeration: names where the values have one, else numbers.</summary>
internal sealed class EnumShape : ValueShape
{
    private const int NamesInMessage = 8;

    private readonly int _bits;
    private readonly int _width;
    private readonly bool _signed;
    private readonly Dictionary<ulong, string> _names = [];
    private readonly OrderedDictionary<string, ulong> _values = new(StringComparer.Ordinal);

    internal EnumShape(string typeName, int bits, int width, bool signed, IEnumerable<(string Name, ulong Value)> constants)
        : base(typeName, bits, 1)
    {
        _bits = bits;
        _width = width;
        _signed = signed;
        ulong mask = (ulong)ValueBits.Mask(bits);
        foreach ((string name, ulong value) in constants)
        {
            // A bit field that is narrower than its values holds none of the wide ones.
            if ((value & mask) == value || (signed && ValueBits.SignExtend(value & mask, bits) == (long)value))
            {
                _names.TryAdd(value & mask, name);
                _values.TryAdd(name, value & mask);
            }
        }
    }

    internal override object? Read(ReadOnlySpan<byte> bytes, long bitOffset)
    {
        UInt128 raw = ValueBits.Read(bytes, bitOffset, _bits);
        return _names.TryGetValue((ulong)raw, out string? name) ? name : ValueBits.Box(raw, _bits, _width, _signed);
    }

    private protected override bool TakesText => true;

    private protected override void WriteObject(ValueWriter writer, long bitOffset, object value, string path)
    {
        if (value is string text && TryFind(text, out ulong known))
        {
            writer.Write(bitOffset, _bits, known, path);
            return;
        }

        BigInteger least = _signed ? -(BigInteger.One << (_bits - 1)) : BigInteger.Zero;
        BigInteger most = (BigInteger.One << (_signed ? _bits - 1 : _bits)) - 1;
        if (!NumberReader.TryRead(value, out BigInteger number) || number < least || number > most)
        {
            string names = string.Join(", ", _values.Keys.Take(NamesInMessage)) + (_values.Count > NamesInMessage ? ", ..." : "");
            throw Wrong(path, value, $"{names}{(names.Length == 0 ? "" : " or ")}{least} to {most}");
        }

        writer.Write(bitOffset, _bits, (UInt128)(number & ((BigInteger.One << _bits) - 1)), path);
    }

    private bool TryFind(string name, out ulong value)
    {
        if (_values.TryGetValue(name, out value))
        {
            return true;
        }

        foreach ((string candidate, ulong number) in _values)
        {
            if (string.Equals(candidate, name, StringComparison.OrdinalIgnoreCase))
            {
                value = number;
                return true;
            }
        }

        return false;
    }
}
