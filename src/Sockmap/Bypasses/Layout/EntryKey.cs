using System.Net;
using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct entry_key</c> of bpf/bypass.h; the addresses' 16 bytes as two words of memory each.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct EntryKey
{
    private readonly ulong _localHigh;
    private readonly ulong _localLow;
    private readonly ulong _remoteHigh;
    private readonly ulong _remoteLow;
    private readonly uint _localPort;
    private readonly uint _remotePort;
    private readonly ulong _scope;

    private EntryKey(EntryKey peer)
    {
        _localHigh = peer._remoteHigh;
        _localLow = peer._remoteLow;
        _remoteHigh = peer._localHigh;
        _remoteLow = peer._localLow;
        _localPort = peer._remotePort;
        _remotePort = peer._localPort;
        _scope = peer._scope;
    }

    /// <summary>What ::ffff:a.b.c.d begins with.</summary>
    private static ReadOnlySpan<byte> MappedPrefix => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>The key of the connection's other end.</summary>
    public EntryKey Peer => new(this);

    /// <summary>A number of the connection: the same for both ends, and hardly ever for two connections.</summary>
    public ulong ConnectionHash => Mix(_localHigh, _localLow, _localPort) + Mix(_remoteHigh, _remoteLow, _remotePort) + _scope;

    public IPAddress LocalAddress => ToAddress(_localHigh, _localLow);

    public IPAddress RemoteAddress => ToAddress(_remoteHigh, _remoteLow);

    public int LocalPort => (int)_localPort;

    public int RemotePort => (int)_remotePort;

    private static ulong Mix(ulong high, ulong low, uint port)
    {
        // Odd constants of xxHash64 (its first three primes): each step keeps all bits.
        ulong mixed = ((high * 0x9E3779B185EBCA87) ^ low) * 0xC2B2AE3D27D4EB4F;
        mixed = ((mixed ^ (mixed >> 29)) + port) * 0x165667B19E3779F9;
        return mixed ^ (mixed >> 32);
    }

    private static IPAddress ToAddress(ulong high, ulong low)
    {
        ReadOnlySpan<ulong> words = [high, low];
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(words);
        return new IPAddress(bytes.StartsWith(MappedPrefix) ? bytes[MappedPrefix.Length..] : bytes);
    }
}
