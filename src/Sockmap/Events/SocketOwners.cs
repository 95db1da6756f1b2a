namespace Sockmap.Events;

/// <summary>The processes that have a socket open: ids, and the names in the same order.</summary>
internal sealed record SocketOwners(IReadOnlyList<int> Ids, IReadOnlyList<string> Names)
{
    public static SocketOwners None { get; } = new([], []);

    /// <summary>These and one more, if it is none of them: a process may have several descriptors of one socket.</summary>
    public SocketOwners With(int id, string name) => Ids.Contains(id) ? this : new SocketOwners([.. Ids, id], [.. Names, name]);
}
