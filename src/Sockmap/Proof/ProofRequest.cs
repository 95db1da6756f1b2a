namespace Sockmap.Proof;

/// <summary>What the parent has the worker do: make a connection, send over it both ways, and hold it open until asked again.</summary>
/// <param name="Cgroup">Folder of the cgroup to make it in.</param>
/// <param name="Addresses">Addresses to try, the best first; both ends get the same.</param>
/// <param name="Ports">Ports to listen on, such as <c>1-65535</c>.</param>
/// <param name="StallMilliseconds">How long bytes may take to arrive before the connection counts as broken.</param>
internal sealed record ProofRequest(string Cgroup, IReadOnlyList<string> Addresses, IReadOnlyList<string> Ports, int StallMilliseconds);
