using Sockmap.Bypasses.Layout;

namespace Sockmap.Proof;

/// <summary>One connection of a proof: what its process says of it, and what the bypass's map had of it meanwhile.</summary>
/// <param name="Cgroup">Folder of the cgroup that it was made in.</param>
/// <param name="Reply">What the worker said.</param>
/// <param name="Rows">The rows of its two sockets in the map, by cookie; fewer where it is not in.</param>
/// <param name="OtherBypass">Another bypass that has its sockets; null where none has.</param>
internal sealed record ProofSide(string Cgroup, ProofReply Reply, IReadOnlyDictionary<ulong, EntryRow> Rows, string? OtherBypass)
{
    public IEnumerable<ProofEnd> Ends => new[] { Reply.Client, Reply.Server }.OfType<ProofEnd>();

    public ulong BytesSent => Sum(Ends.Select(end => end.BytesSent));

    public ulong BytesOverTcp => Sum(Ends.Select(end => end.BytesOverTcp));

    public ulong BytesRedirected => Sum(Rows.Values.Select(row => row.RedirectedBytes));

    public ulong MessagesRedirected => Sum(Rows.Values.Select(row => row.RedirectedMessages));

    public ulong MessagesOverTcp => Sum(Rows.Values.Select(row => row.TcpMessages));

    private static ulong Sum(IEnumerable<ulong> values) => values.Aggregate(0UL, (sum, value) => sum + value);
}
