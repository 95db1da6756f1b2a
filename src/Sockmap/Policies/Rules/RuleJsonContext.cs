using System.Text.Json.Serialization;

namespace Sockmap.Policies.Rules;

/// <summary>How rules are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RuleText))]
internal sealed partial class RuleJsonContext : JsonSerializerContext;
