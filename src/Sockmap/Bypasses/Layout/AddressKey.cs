using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct address_key</c> of bpf/bypass.h: a network as a key of an LPM trie, IPv4 as ::ffff:a.b.c.d.</summary>
internal static class AddressKey
{
    public const int Length = 20;

    private const int MappedPrefixLength = 96;

    public static byte[] Write(IPNetwork network)
    {
        bool isIPv4 = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        byte[] key = new byte[Length];
        BinaryPrimitives.WriteUInt32LittleEndian(key, (uint)(network.PrefixLength + (isIPv4 ? MappedPrefixLength : 0)));
        network.BaseAddress.MapToIPv6().TryWriteBytes(key.AsSpan(4), out _);
        return key;
    }

    public static IPNetwork Read(ReadOnlySpan<byte> key)
    {
        int prefix = (int)BinaryPrimitives.ReadUInt32LittleEndian(key);
        IPAddress address = new(key[4..Length]);
        return address.IsIPv4MappedToIPv6 && prefix >= MappedPrefixLength
            ? new IPNetwork(address.MapToIPv4(), prefix - MappedPrefixLength)
            : new IPNetwork(address, prefix);
    }
}
