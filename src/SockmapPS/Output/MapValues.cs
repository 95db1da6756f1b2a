using System.Collections;
using System.Management.Automation;

namespace SockmapPS.Output;

/// <summary>Turns what the library decodes into what scripts like, and back.</summary>
internal static class MapValues
{
    private const int DeepestInput = 64;

    /// <summary>Sets of members become objects with properties.</summary>
    public static object? ToScript(object? value)
    {
        switch (value)
        {
            case OrderedDictionary<string, object?> members:
                PSObject record = new();
                foreach ((string name, object? member) in members)
                {
                    record.Properties.Add(new PSNoteProperty(name, ToScript(member)));
                }

                return record;
            case object?[] list:
                return Array.ConvertAll(list, ToScript);
            default:
                return value;
        }
    }

    /// <summary>Objects with properties, hashtables and lists of them become what the library encodes.</summary>
    /// <exception cref="ArgumentException">Objects hold each other in a circle.</exception>
    public static object? FromScript(object? value) => FromScript(value, 0);

    private static object? FromScript(object? value, int depth)
    {
        if (depth > DeepestInput)
        {
            throw new ArgumentException($"The objects given are nested more than {DeepestInput} deep, or hold each other in a circle.", nameof(value));
        }

        if (value is PSObject wrapped)
        {
            if (wrapped.BaseObject is not PSCustomObject)
            {
                return FromScript(wrapped.BaseObject, depth);
            }

            OrderedDictionary<string, object?> members = new(StringComparer.Ordinal);
            foreach (PSPropertyInfo property in wrapped.Properties)
            {
                members[property.Name] = FromScript(property.Value, depth + 1);
            }

            return members;
        }

        switch (value)
        {
            case IDictionary given:
                OrderedDictionary<object, object?> entries = [];
                foreach (DictionaryEntry pair in given)
                {
                    entries[pair.Key] = FromScript(pair.Value, depth + 1);
                }

                return entries;
            case byte[] or string or null:
                return value;
            case IEnumerable list:
                return list.Cast<object?>().Select(element => FromScript(element, depth + 1)).ToArray();
            default:
                return value;
        }
    }
}
