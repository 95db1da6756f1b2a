using System.Text.Json.Serialization;

namespace Sockmap.Proxies;

/// <summary>The JSON of what a proxy tells of itself, and of what its process is told.</summary>
[JsonSerializable(typeof(ProxyDescription))]
[JsonSerializable(typeof(ProxySettings))]
[JsonSerializable(typeof(ProxyWorkerRequest))]
[JsonSerializable(typeof(ProxyWorkerReply))]
internal sealed partial class ProxyJsonContext : JsonSerializerContext;
