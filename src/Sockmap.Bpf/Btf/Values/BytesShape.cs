using System.Collections;
using System.Numerics;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>Bytes as they are: an array of unsigned bytes, or a value of which nothing is known but its size.</summary>
internal sealed class BytesShape : ValueShape
{
    private readonly bool _untyped;

    /// <param name="typeName">The C type.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="untyped">Nothing is known of the value, so that it may as well be a number.</param>
    internal BytesShape(string typeName, int size, bool untyped = false)
        : base(typeName, size * 8L, 1)
    {
        _untyped = untyped;
    }

    /// <summary>A value of which nothing is known. It takes a number where it has 1, 2, 4 or 8 bytes.</summary>
    internal static BytesShape Untyped(int size) => new(size == 1 ? "1 byte without BTF" : $"{size} bytes without BTF", size, untyped: true);

    internal override object? Read(ReadOnlySpan<byte> bytes, long bitOffset) => bytes.Slice((int)(bitOffset / 8), Size).ToArray();

    private protected override void WriteObject(ValueWriter writer, long bitOffset, object value, string path)
    {
        if (_untyped && Size is 1 or 2 or 4 or 8 && NumberReader.TryRead(value, out BigInteger number))
        {
            BigInteger limit = BigInteger.One << (Size * 8);
            if (number >= limit || number < -limit / 2)
            {
                throw Wrong(path, value, $"{-limit / 2} to {limit - 1}");
            }

            writer.Write(bitOffset, Size * 8, (UInt128)(number & (limit - 1)), path);
            return;
        }

        string takes = $"{Bytes(Size)}, as a list or as text such as '0x7f 00 00 01'";
        byte[]? bytes = value switch
        {
            string text => HexText.TryParse(text, needsBlanks: false, out byte[] parsed) ? parsed : null,
            IDictionary => null,
            IEnumerable list => FromList(list),
            _ => null,
        };
        if (bytes is null || bytes.Length != Size)
        {
            throw bytes is null
                ? Wrong(path, value, takes)
                : new ValueEncodingException(path, $"is of type {TypeName} and takes {takes}; {Bytes(bytes.Length)} were given");
        }

        writer.Write(bitOffset / 8, bytes, path);
    }

    private byte[]? FromList(IEnumerable list)
    {
        List<byte> bytes = [];
        foreach (object? element in list)
        {
            if (element is null || bytes.Count > Size || !NumberReader.TryRead(element, out BigInteger number) || number < 0 || number > byte.MaxValue)
            {
                return null;
            }

            bytes.Add((byte)number);
        }

        return [.. bytes];
    }
}
