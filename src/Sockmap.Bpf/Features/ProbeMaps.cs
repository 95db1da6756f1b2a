using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Features;

/// <summary>The smallest maps of each type.</summary>
internal static class ProbeMaps
{
    private const uint NoPrealloc = 1;
    private const uint Mappable = 1 << 10;

    /// <summary>
    /// BTF with one type, a signed 32-bit <c>int</c> (type 1), which the storage types ask for.
    /// </summary>
    internal static byte[] IntBtf()
    {
        uint[] words =
        [
            0x0001eb9f, // magic, version 1
            24, // header
            0, 16, // types
            16, 5, // strings
            1, 1u << 24, 4, (1u << 24) | 32, // int: name at 1, kind 1, 4 bytes, signed and 32 bits
        ];
        byte[] bytes = new byte[(words.Length * sizeof(uint)) + 5];
        Buffer.BlockCopy(words, 0, bytes, 0, words.Length * sizeof(uint));
        "\0int\0"u8.CopyTo(bytes.AsSpan(words.Length * sizeof(uint)));
        return bytes;
    }

    /// <summary>A request that a kernel which knows the type grants.</summary>
    /// <param name="type">The type.</param>
    /// <param name="intBtf">An object of <see cref="IntBtf"/>, for the storage types.</param>
    /// <param name="inner">An array of 4-byte values, for the maps of maps.</param>
    internal static MapCreateRequest Request(BpfMapType type, BtfObject? intBtf, BpfMap? inner)
    {
        uint page = (uint)Environment.SystemPageSize;
        return type switch
        {
            BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage => new()
            {
                Type = type,
                KeySize = sizeof(int),
                ValueSize = sizeof(int),
                Flags = NoPrealloc,
                Btf = intBtf,
                KeyTypeId = 1,
                ValueTypeId = 1,
            },
            BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps => new() { Type = type, KeySize = 4, ValueSize = 4, MaxEntries = 1, InnerMap = inner },
            BpfMapType.LpmTrie => new() { Type = type, KeySize = 8, ValueSize = 8, MaxEntries = 1, Flags = NoPrealloc },
            BpfMapType.StackTrace => new() { Type = type, KeySize = 4, ValueSize = 8, MaxEntries = 1 },
            BpfMapType.Queue or BpfMapType.Stack or BpfMapType.BloomFilter => new() { Type = type, ValueSize = 4, MaxEntries = 1 },
            BpfMapType.RingBuf or BpfMapType.UserRingBuf => new() { Type = type, MaxEntries = page },
            BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage => new() { Type = type, KeySize = 8, ValueSize = 8 },
            BpfMapType.Arena => new() { Type = type, MaxEntries = 1, Flags = Mappable },
            BpfMapType.InsnArray => new() { Type = type, KeySize = 4, ValueSize = 16, MaxEntries = 1 },
            BpfMapType.SockHash or BpfMapType.SockMap => new() { Type = type, KeySize = 4, ValueSize = 8, MaxEntries = 1 },
            _ => new() { Type = type, KeySize = 4, ValueSize = 4, MaxEntries = 1 },
        };
    }

    /// <summary>Whether <see cref="Request"/> is known to be right for the type, so that EINVAL means that the type is not known.</summary>
    internal static bool IsKnown(BpfMapType type) =>
        type is > BpfMapType.Unspec and <= BpfMapType.InsnArray and not BpfMapType.StructOps;
}
