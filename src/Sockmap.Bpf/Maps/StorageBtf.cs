using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Maps;

/// <summary>
/// BTF for the storage maps, which the kernel takes only with types: the key an <c>int</c> (a descriptor), the value so
/// many bytes.
/// </summary>
public static class StorageBtf
{
    /// <summary>Type id of the key.</summary>
    public const uint KeyTypeId = 1;

    /// <summary>Type id of the value.</summary>
    public const uint ValueTypeId = 3;

    private const uint Magic = 0x0001eb9f;
    private const uint HeaderSize = 24;
    private const uint IntKind = 1u << 24;
    private const uint ArrayKind = 3u << 24;
    private const uint Signed = 1u << 24;

    /// <summary>Loads it into the kernel.</summary>
    /// <param name="valueSize">Bytes of a value.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static BtfObject Load(int valueSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(valueSize);
        byte[] strings = [.. "\0int\0unsigned char\0"u8];
        uint[] types =
        [
            1, IntKind, sizeof(int), Signed | 32, // 1: int
            5, IntKind, 1, 8, // 2: unsigned char
            0, ArrayKind, 0, 2, 1, (uint)valueSize, // 3: unsigned char[valueSize], indexed by int
        ];
        uint length = (uint)types.Length * sizeof(uint);
        uint[] header = [Magic, HeaderSize, 0, length, length, (uint)strings.Length];
        return BtfObject.Load([.. header.Concat(types).SelectMany(BitConverter.GetBytes), .. strings]);
    }
}
