using System.Net;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>
/// How the bytes of a C value become an object and the object becomes bytes again. Numbers have the byte order of this
/// machine; what a program stores in network order stays as it was stored.
/// </summary>
/// <remarks>
/// Structs and unions become an <see cref="OrderedDictionary{TKey, TValue}"/> with a value for each member, arrays an
/// <c>object?[]</c>, arrays of unsigned bytes a <c>byte[]</c>, arrays of <c>char</c> a string where they hold one,
/// enumerations the name of their value (or the number where it has none), pointers a <c>ulong</c>.
/// Wherever an object is taken, its bytes are taken too: as a <c>byte[]</c>, as text such as <c>0x7f 00 00 01</c>, or as
/// an <see cref="IPAddress"/> of as many bytes.
/// </remarks>
public abstract class ValueShape
{
    private protected ValueShape(string typeName, long bitSize, long nodes)
    {
        TypeName = typeName;
        BitSize = bitSize;
        Nodes = nodes;
    }

    /// <summary>The C type, as people write it (<c>unsigned int</c>, <c>struct key</c>, <c>char[16]</c>).</summary>
    public string TypeName { get; }

    /// <summary>Bytes of a value.</summary>
    public int Size => (int)((BitSize + 7) / 8);

    internal long BitSize { get; }

    /// <summary>How many objects a value decodes to, at most. Types from an enemy are refused by it.</summary>
    internal long Nodes { get; }

    /// <summary>Reads a value.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public object? Decode(ReadOnlySpan<byte> bytes) => bytes.Length >= Size
        ? Read(bytes, 0)
        : throw new ArgumentException($"A value of type {TypeName} has {Size} bytes; {bytes.Length} were given.", nameof(bytes));

    /// <summary>Writes a value. Members that are not given are zero.</summary>
    /// <param name="value">The object.</param>
    /// <param name="name">What the value is called in messages, such as <c>key</c>.</param>
    /// <returns><see cref="Size"/> bytes.</returns>
    /// <exception cref="ValueEncodingException">The object does not fit; the message names the member and what it takes.</exception>
    public byte[] Encode(object? value, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ValueWriter writer = new(Size);
        Write(writer, 0, value, name);
        return writer.Data;
    }

    /// <inheritdoc/>
    public override string ToString() => TypeName;

    internal abstract object? Read(ReadOnlySpan<byte> bytes, long bitOffset);

    internal void Write(ValueWriter writer, long bitOffset, object? value, string path)
    {
        byte[]? raw = value switch
        {
            null => throw new ValueEncodingException(path, $"is of type {TypeName} and was given no value ($null)"),
            byte[] bytes => bytes,
            IPAddress address => address.GetAddressBytes(),
            string text when !TakesText && HexText.TryParse(text, needsBlanks: true, out byte[] bytes) => bytes,
            _ => null,
        };
        if (raw is null)
        {
            WriteObject(writer, bitOffset, value, path);
        }
        else if (raw.Length != Size || bitOffset % 8 != 0 || BitSize % 8 != 0)
        {
            throw BitSize % 8 != 0
                ? new ValueEncodingException(path, $"is a bit field of {BitSize} bits, which takes a number and no bytes")
                : new ValueEncodingException(path, $"is of type {TypeName} with {Bytes(Size)}; {Bytes(raw.Length)} were given");
        }
        else
        {
            writer.Write(bitOffset / 8, raw, path);
        }
    }

    /// <summary>Text that looks like bytes means itself, and not bytes.</summary>
    private protected virtual bool TakesText => false;

    private protected abstract void WriteObject(ValueWriter writer, long bitOffset, object value, string path);

    private protected ValueEncodingException Wrong(string path, object value, string takes) =>
        new(path, $"is of type {TypeName} and takes {takes}; {Describe(value)} was given");

    private protected static string Bytes(int count) => count == 1 ? "1 byte" : $"{count} bytes";

    private static string Describe(object value) => value switch
    {
        string text => $"'{text}'",
        System.Collections.IDictionary => "a set of members",
        System.Collections.ICollection list => $"a list of {list.Count}",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => $"an object of type {value.GetType().Name}",
    };
}
