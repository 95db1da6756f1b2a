namespace Sockmap.Proxies;

/// <summary>How a proxy ended.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Connections">Connections that it took.</param>
/// <param name="DroppedConnections">Those that had not ended when its time was over, and were reset.</param>
/// <param name="DroppedBytes">Bytes that it had taken from one end and not given to the other's socket.</param>
public sealed record ProxyReport(string Name, ulong Connections, ulong DroppedConnections, ulong DroppedBytes);
