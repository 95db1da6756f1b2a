using System.Text.Json.Serialization;

namespace Sockmap.Traffic.Reporting;

/// <summary>JSON of the lines, without reflection so that a process starts fast.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(TrafficLine))]
public sealed partial class TrafficJson : JsonSerializerContext;
