using System.Collections;
using System.Numerics;
using System.Text;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>An array of <c>char</c>: text where it is printable and ends in a zero within the array, else bytes.</summary>
internal sealed class TextShape : ValueShape
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal TextShape(int size)
        : base($"char[{size}]", size * 8L, 1)
    {
    }

    internal override object? Read(ReadOnlySpan<byte> bytes, long bitOffset)
    {
        ReadOnlySpan<byte> all = bytes.Slice((int)(bitOffset / 8), Size);
        int end = all.IndexOf((byte)0);
        return end >= 0 && TryGetText(all[..end], out string text) ? text : all.ToArray();
    }

    private protected override bool TakesText => true;

    private protected override void WriteObject(ValueWriter writer, long bitOffset, object value, string path)
    {
        byte[]? bytes = value switch
        {
            string text => Encoding.UTF8.GetBytes(text),
            char[] characters => Encoding.UTF8.GetBytes(characters),
            IDictionary => null,
            IEnumerable list => FromList(list),
            _ => null,
        };
        if (bytes is null || bytes.Length > Size)
        {
            throw Wrong(path, value, $"text of at most {Bytes(Size - 1)}, or {Bytes(Size)}");
        }

        if (value is string or char[])
        {
            if (bytes.Length >= Size || bytes.AsSpan().Contains((byte)0))
            {
                throw Wrong(path, value, $"text of at most {Bytes(Size - 1)} without a zero, which is put behind it");
            }

            bytes = [.. bytes, 0];
        }

        writer.Write(bitOffset / 8, bytes, path);
    }

    private static bool TryGetText(ReadOnlySpan<byte> bytes, out string text)
    {
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            text = string.Empty;
            return false;
        }

        return text.All(static character => !char.IsControl(character) || character is '\t' or '\n' or '\r');
    }

    private byte[]? FromList(IEnumerable list)
    {
        List<byte> bytes = [];
        foreach (object? element in list)
        {
            // char has a sign on some machines and none on others.
            if (element is null || bytes.Count > Size || !NumberReader.TryRead(element, out BigInteger number) || number < sbyte.MinValue || number > byte.MaxValue)
            {
                return null;
            }

            bytes.Add(unchecked((byte)(int)number));
        }

        return [.. bytes];
    }
}
