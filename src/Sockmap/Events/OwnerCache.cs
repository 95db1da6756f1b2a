namespace Sockmap.Events;

/// <summary>Remembers who has which socket open, from the first event that asks until the socket is gone.</summary>
internal sealed class OwnerCache(IProcessLookup lookup)
{
    // Sockets whose last event was lost, or that never came into the bypass, would stay for good.
    private const int MostRemembered = 1 << 17;

    private readonly Dictionary<ulong, SocketOwners> _known = [];

    public bool Knows(ulong cookie) => cookie == 0 || _known.ContainsKey(cookie);

    /// <summary>Looks for the sockets. Those that nobody has open (yet) are asked for again another time.</summary>
    public void Find(IReadOnlySet<ulong> cookies)
    {
        if (_known.Count + cookies.Count > MostRemembered)
        {
            _known.Clear();
        }

        foreach ((ulong cookie, SocketOwners owners) in lookup.Find(cookies))
        {
            _known[cookie] = owners;
        }
    }

    /// <summary>The socket is gone.</summary>
    public void Forget(ulong cookie) => _known.Remove(cookie);

    /// <summary>The event with its processes, where they are known.</summary>
    public SockmapEvent Complete(SockmapEvent happened)
    {
        bool isLast = happened.Kind is SockmapEventKind.Closed or SockmapEventKind.Left;
        return (isLast ? _known.Remove(happened.Cookie, out SocketOwners? owners) : _known.TryGetValue(happened.Cookie, out owners))
            ? happened with { ProcessId = owners.Ids, ProcessName = owners.Names }
            : happened;
    }
}
