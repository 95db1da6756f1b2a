namespace Sockmap.Events;

/// <summary>Finds who has sockets open.</summary>
internal interface IProcessLookup
{
    /// <summary>One pass over all open files. Sockets that nobody has open, or nobody that may be looked into, are left out.</summary>
    public IReadOnlyDictionary<ulong, SocketOwners> Find(IReadOnlySet<ulong> cookies);
}
