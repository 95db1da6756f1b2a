namespace Sockmap.Events;

/// <summary>The processes that have a socket open: ids, and the names in the same order.</summary>
internal sealed record SocketOwners(int[] Ids, string[] Names);
