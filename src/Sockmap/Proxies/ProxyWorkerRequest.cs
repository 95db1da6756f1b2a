namespace Sockmap.Proxies;

/// <summary>What the process of a proxy is told first.</summary>
internal sealed record ProxyWorkerRequest(ProxySettings Settings, string? BpfFileSystem);
