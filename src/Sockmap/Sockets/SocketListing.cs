using System.Collections;

namespace Sockmap.Sockets;

/// <summary>A listing that streams: each enumeration reads the kernel anew. Dispose lets its program go.</summary>
/// <typeparam name="T">What is listed.</typeparam>
public sealed class SocketListing<T> : IEnumerable<T>, IDisposable
{
    private readonly Func<IEnumerable<T>> _read;
    private readonly IDisposable? _resource;

    internal SocketListing(SocketSource source, string? fallbackReason, Func<IEnumerable<T>> read, IDisposable? resource = null)
    {
        Source = source;
        FallbackReason = fallbackReason;
        _read = read;
        _resource = resource;
    }

    /// <summary>Which way the listing is read.</summary>
    public SocketSource Source { get; }

    /// <summary>Why the iterator is not used; null where it is, or where the other way was asked for.</summary>
    public string? FallbackReason { get; }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _read().GetEnumerator();

    /// <inheritdoc/>
    public void Dispose() => _resource?.Dispose();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
