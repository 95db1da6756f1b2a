using System.Text.Json;
using Sockmap.Bypasses;

namespace Sockmap.Measuring;

/// <summary>Measurements as a JSON document: an array, a measurement on a line, names in camelCase, enums as words.</summary>
public static class MeasurementJson
{
    /// <summary>Writes them as they come. Nothing is written before the first is there.</summary>
    public static void Write(TextWriter output, IEnumerable<Measurement> measurements)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(measurements);
        string before = "[\n";
        foreach (Measurement measurement in measurements)
        {
            output.Write(before);
            output.Write(JsonSerializer.Serialize(measurement, MeasurementJsonContext.Default.Measurement));
            before = ",\n";
        }

        output.WriteLine(before[0] == '[' ? "[]" : "\n]");
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="BypassException">It is no such document (InvalidSetting).</exception>
    public static IReadOnlyList<Measurement> Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, MeasurementJsonContext.Default.IReadOnlyListMeasurement) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new BypassException(BypassError.InvalidSetting, $"These are no measurements that Measure-SockmapBypass or sockmap bench has written: {e.Message}", e);
        }
    }
}
