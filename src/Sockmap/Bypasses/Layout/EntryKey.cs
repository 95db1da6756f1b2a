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

    private EntryKey(EntryKey mirrored)
    {
        _localHigh = mirrored._remoteHigh;
        _localLow = mirrored._remoteLow;
        _remoteHigh = mirrored._localHigh;
        _remoteLow = mirrored._localLow;
        _localPort = mirrored._remotePort;
        _remotePort = mirrored._localPort;
        _scope = mirrored._scope;
    }

    /// <summary>What ::ffff:a.b.c.d begins with.</summary>
    private static ReadOnlySpan<byte> MappedPrefix => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>The key of the connection's other end, where no NAT is between the two.</summary>
    public EntryKey Mirror => new(this);

    /// <summary>A number that is the same for the <see cref="Mirror"/>, and hardly ever for other keys.</summary>
    public ulong SymmetricHash => Mix(_localHigh, _localLow, _localPort) + Mix(_remoteHigh, _remoteLow, _remotePort) + _scope;

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
