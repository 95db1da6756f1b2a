using Sockmap.Sockets;

namespace Sockmap.Events;

/// <summary>
/// Knows which processes have a socket open, from the first event that asks until the socket is gone. Not before it is
/// asked does it load what it needs into the kernel.
/// </summary>
internal sealed class OwnerCache(Action<string> log) : IDisposable
{
    // Sockets whose last event was lost, or that never came into the bypass, would stay for good.
    private const int MostRemembered = 1 << 17;

    private readonly Dictionary<ulong, SocketOwners> _known = [];
    private SocketListing<HeldSocket>? _holders;

    /// <summary>Whether a look for the socket can be saved; cookie 0 is no socket's.</summary>
    public bool Knows(ulong cookie) => cookie == 0 || _known.ContainsKey(cookie);

    /// <summary>
    /// Looks for sockets in one pass over all open files. Those that nobody has open (yet) are not remembered, so that
    /// they are looked for another time.
    /// </summary>
    public void Find(IReadOnlySet<ulong> cookies)
    {
        if (_known.Count + cookies.Count > MostRemembered)
        {
            _known.Clear();
        }

        _holders ??= SocketHolders.Read(new SocketReadOptions { Log = log });
        foreach (HeldSocket socket in _holders.Where(socket => cookies.Contains(socket.Cookie)))
        {
            SocketOwners before = _known.GetValueOrDefault(socket.Cookie, SocketOwners.None);
            _known[socket.Cookie] = before.With(socket.ProcessId, socket.ProcessName);
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

    public void Dispose() => _holders?.Dispose();
}
