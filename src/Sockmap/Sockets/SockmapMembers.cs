using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Sockets.Layout;
using Sockmap.Sockets.Procfs;

namespace Sockmap.Sockets;

/// <summary>Lists what is in a SOCKMAP or SOCKHASH, whoever made it.</summary>
public static class SockmapMembers
{
    private const int BufferSize = 64 * 1024;

    /// <summary>The entries, each with its socket and each key once.</summary>
    /// <param name="map">A SOCKMAP or SOCKHASH, which has to stay open while the listing is read.</param>
    /// <param name="options">How to read; null for the best way there is.</param>
    /// <returns>
    /// What streams them; dispose it. Where the iterator is not to be had and values have 4 bytes, the sockets themselves are not known: keys only.
    /// Reading a SOCKMAP of such values then throws <see cref="SocketAccessException"/> (KernelUnsupported).
    /// </returns>
    /// <exception cref="ArgumentException">The map is of another type.</exception>
    /// <exception cref="Bpf.BpfException">The iterator was asked for and is not to be had, or the map cannot be read.</exception>
    public static SocketListing<SockmapMember> Read(BpfMap map, SocketReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type is not (Bpf.BpfMapType.SockMap or Bpf.BpfMapType.SockHash))
        {
            throw new ArgumentException($"{map} is neither a SockMap nor a SockHash.", nameof(map));
        }

        options ??= new SocketReadOptions();
        MapLayout layout = MapLayout.Of(map);
        if (layout.Problem is { } problem)
        {
            options.Log?.Invoke($"{map}: its types are not used: {problem}");
        }

        if (options.Source == SocketSource.Proc)
        {
            return Fallback(map, layout, options, null);
        }

        try
        {
            BpfLink link = SocketObject.LinkMembers(map);
            return new SocketListing<SockmapMember>(SocketSource.Iterator, null, () => ReadIterator(link, layout, map.KeySize), link);
        }
        catch (Exception exception) when (options.Source is null && SocketObject.IsUnavailable(exception))
        {
            options.Log?.Invoke($"The iterator over {map} cannot be used, so its keys are asked for one by one: {exception.Message}");
            return Fallback(map, layout, options, exception.Message);
        }
    }

    private static SocketListing<SockmapMember> Fallback(BpfMap map, MapLayout layout, SocketReadOptions options, string? reason) =>
        new(SocketSource.Proc, reason, () => ReadKeys(map, layout, options));

    private static IEnumerable<SockmapMember> ReadIterator(BpfLink link, MapLayout layout, int keySize)
    {
        int size = Unsafe.SizeOf<SocketRow>() + keySize;
        byte[] buffer = new byte[BufferSize];
        RecentKeys<byte[]> recent = new(ByteArrayComparer.Instance);
        using Stream stream = BpfIterator.Open(link);
        int held = 0;
        int count;
        while ((count = stream.Read(buffer, held, buffer.Length - held)) > 0)
        {
            held += count;
            int offset = 0;
            for (; held - offset >= size; offset += size)
            {
                SocketRow row = MemoryMarshal.Read<SocketRow>(buffer.AsSpan(offset));
                byte[] key = buffer.AsSpan(offset + Unsafe.SizeOf<SocketRow>(), keySize).ToArray();
                if (recent.Add(key))
                {
                    yield return new SockmapMember(row.Describe()) { KeyBytes = key, Key = layout.DecodeKey(key), QueuedBytes = row.QueuedBytes };
                }
            }

            held -= offset;
            buffer.AsSpan(offset, held).CopyTo(buffer);
        }

        if (held > 0)
        {
            throw new InvalidDataException($"The iterator's output ended {held} bytes into a record of {size} bytes.");
        }
    }

    private static IEnumerable<SockmapMember> ReadKeys(BpfMap map, MapLayout layout, SocketReadOptions options)
    {
        if (map.Type == Bpf.BpfMapType.SockMap && !layout.HoldsCookies)
        {
            throw new SocketAccessException(
                SocketAccessError.KernelUnsupported,
                $"{map} has values of 4 bytes, of which the kernel does not tell which are set: only the iterator can list it (CAP_BPF and CAP_PERFMON, Linux 5.10).");
        }

        Dictionary<ulong, SocketDescription> sockets = layout.HoldsCookies
            ? HostSockets.Read(anyProtocol: true, options.Log).Where(socket => socket.Cookie != 0).DistinctBy(socket => socket.Cookie).ToDictionary(socket => socket.Cookie)
            : [];
        byte[] value = new byte[map.ValueSize];
        foreach (byte[] key in map.EnumerateKeys())
        {
            SocketDescription socket = new();
            if (layout.HoldsCookies)
            {
                // The entry is gone meanwhile; an index of a SockMap may be empty all the time.
                if (!map.TryLookup(key, value))
                {
                    continue;
                }

                ulong cookie = MemoryMarshal.Read<ulong>(value);
                socket = sockets.TryGetValue(cookie, out SocketDescription? found) ? found : socket with { Cookie = cookie };
            }

            yield return new SockmapMember(socket with { IsInSockmap = true }) { KeyBytes = key, Key = layout.DecodeKey(key) };
        }
    }
}
