using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct entry_state</c> of bpf/bypass.h: a socket's own state, in its SK_STORAGE.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EntryState
{
    private const int AddressLength = 16;
    private const int PortOffset = 2 * AddressLength;
    private const int ScopeOffset = PortOffset + (2 * sizeof(uint));
    private const int KeyLength = ScopeOffset + sizeof(ulong);

    public EntryListed Listed;
    public EntryKey Own;
    public ulong PeerSocket;
    public uint SyncedSequence;
    public uint FirstSequence;
    public uint Misses;
    public uint Burst;
    public uint Trials;
    public uint Wins;
    public ulong WindowBegan;
    public ulong WindowBytes;
    public ulong WindowMark;
    public uint WindowMessages;
    public uint WindowAhead;
    public ulong RedirectedRate;
    public ulong NextTrial;

    /// <summary>The state of a socket that has sent nothing yet.</summary>
    /// <param name="local">Its own end.</param>
    /// <param name="remote">The other end.</param>
    /// <param name="scope">The cookie of its network namespace.</param>
    /// <param name="firstSequence">Its <c>write_seq</c>.</param>
    public static EntryState Create(IPEndPoint local, IPEndPoint remote, ulong scope, uint firstSequence)
    {
        EntryKey own = CreateKey(local, remote, scope);
        return new EntryState { Listed = new EntryListed { Peer = own.Mirror, CountedSequence = firstSequence }, Own = own, FirstSequence = firstSequence };
    }

    /// <summary>The key of a socket, as the sock_ops program makes it.</summary>
    public static EntryKey CreateKey(IPEndPoint local, IPEndPoint remote, ulong scope)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        local.Address.MapToIPv6().TryWriteBytes(key, out _);
        remote.Address.MapToIPv6().TryWriteBytes(key[AddressLength..], out _);
        BinaryPrimitives.WriteUInt32LittleEndian(key[PortOffset..], (uint)local.Port);
        BinaryPrimitives.WriteUInt32LittleEndian(key[(PortOffset + sizeof(uint))..], (uint)remote.Port);
        BinaryPrimitives.WriteUInt64LittleEndian(key[ScopeOffset..], scope);
        return MemoryMarshal.Read<EntryKey>(key);
    }
}
