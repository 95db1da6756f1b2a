using Sockmap.Bypasses;

namespace Sockmap.Proxies;

/// <summary>What it answers: which proxy it is, or why it is none.</summary>
internal sealed record ProxyWorkerReply(string? Name, BypassError? Error, string? Message);
