using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sockmap.Cli.Output;

/// <summary>One JSON document on standard output.</summary>
internal static class JsonOutput
{
    /// <summary>Writes an object.</summary>
    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type) =>
        output.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>
    /// Writes an array, an element on a line as it comes. Nothing is written before the first element is there, so that
    /// an error leaves standard output empty.
    /// </summary>
    public static void WriteArray<T>(TextWriter output, IEnumerable<T> values, JsonTypeInfo<T> type)
    {
        string before = "[\n";
        foreach (T value in values)
        {
            output.Write(before);
            output.Write(JsonSerializer.Serialize(value, type));
            before = ",\n";
        }

        output.WriteLine(before[0] == '[' ? "[]" : "\n]");
    }
}
