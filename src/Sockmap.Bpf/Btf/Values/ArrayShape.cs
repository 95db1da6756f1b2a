using System.Collections;
using System.Globalization;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>An array of anything but bytes.</summary>
internal sealed class ArrayShape : ValueShape
{
    private readonly ValueShape _element;
    private readonly int _count;

    /// <param name="element">One element, of whole bytes.</param>
    /// <param name="count">How many there are; the caller has checked that their bytes are there.</param>
    /// <param name="nodes">Objects that a value decodes to.</param>
    internal ArrayShape(ValueShape element, int count, long nodes)
        : base(NameOf(element.TypeName, count), (long)element.Size * 8 * count, nodes)
    {
        _element = element;
        _count = count;
    }

    internal override object? Read(ReadOnlySpan<byte> bytes, long bitOffset)
    {
        object?[] values = new object?[_count];
        for (int i = 0; i < _count; i++)
        {
            values[i] = _element.Read(bytes, bitOffset + ((long)i * _element.Size * 8));
        }

        return values;
    }

    private protected override void WriteObject(ValueWriter writer, long bitOffset, object value, string path)
    {
        if (value is string or IDictionary || value is not IEnumerable list)
        {
            // A script that unrolls a list of one gives the element alone.
            list = _count == 1 ? new[] { value } : throw Wrong(path, value, $"a list of at most {_count} of {_element.TypeName}");
        }

        int index = 0;
        foreach (object? element in list)
        {
            if (index == _count)
            {
                throw new ValueEncodingException(path, $"is of type {TypeName} and takes a list of at most {_count}; more were given");
            }

            string name = string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
            _element.Write(writer, bitOffset + ((long)index * _element.Size * 8), element, name);
            index++;
        }
    }

    /// <summary>In C the first dimension stands first: an array of 2 of int[3] is int[2][3].</summary>
    private static string NameOf(string element, int count)
    {
        int bracket = element.IndexOf('[', StringComparison.Ordinal);
        return bracket < 0 ? $"{element}[{count}]" : $"{element[..bracket]}[{count}]{element[bracket..]}";
    }
}
