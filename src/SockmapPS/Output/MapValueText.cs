using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Sockmap.Bpf.Btf.Values;

namespace SockmapPS.Output;

/// <summary>Keys and values of maps on one line, for views.</summary>
public static class MapValueText
{
    private const int MostElements = 16;

    /// <summary>
    /// Bytes as <c>7f 00 00 01</c>, objects as <c>port=6379 limits={low=1 high=2}</c>, lists as <c>[1, 2]</c>. Long
    /// lists are cut, which three dots show.
    /// </summary>
    public static string Format(object? value)
    {
        object? plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        return plain switch
        {
            null => string.Empty,
            string text => text,
            byte[] bytes => HexText.Format(bytes),
            PSObject record => string.Join(' ', record.Properties.Select(static property => $"{property.Name}={Inner(property.Value)}")),
            IEnumerable list => FormatList(list),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => plain.ToString() ?? string.Empty,
        };
    }

    private static string Inner(object? value) => value is PSObject { BaseObject: PSCustomObject } ? "{" + Format(value) + "}" : Format(value);

    private static string FormatList(IEnumerable list)
    {
        List<string> texts = [.. list.Cast<object?>().Take(MostElements + 1).Select(Inner)];
        if (texts.Count > MostElements)
        {
            texts[^1] = "...";
        }

        return "[" + string.Join(", ", texts) + "]";
    }
}
