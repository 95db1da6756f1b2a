using System.Text.Json.Serialization;

namespace Sockmap.Measuring;

/// <summary>The lines between parent and the processes that measure.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(MeasureRequest))]
[JsonSerializable(typeof(MeasureReply))]
internal sealed partial class MeasureJsonContext : JsonSerializerContext;
