using System.Text.Json.Serialization;

namespace Sockmap.Proof;

/// <summary>The lines between parent and worker.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProofRequest))]
[JsonSerializable(typeof(ProofReply))]
internal sealed partial class ProofJsonContext : JsonSerializerContext;
