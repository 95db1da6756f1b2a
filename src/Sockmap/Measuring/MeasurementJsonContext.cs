using System.Text.Json.Serialization;

namespace Sockmap.Measuring;

/// <summary>How measurements are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<Measurement>))]
internal sealed partial class MeasurementJsonContext : JsonSerializerContext;
