using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Features;

/// <summary>
/// Finds a function's type id in the kernel's BTF, which is all that a probe needs
/// (Documentation/bpf/btf.rst). The walk stops at a kind of type that it does not know.
/// </summary>
internal static class KernelBtfFunctions
{
    internal const string Path = "/sys/kernel/btf/vmlinux";

    private const ushort Magic = 0xeb9f;
    private const int TypeHeader = 12;
    private const int KindFunction = 12;

    /// <summary>The id of a function, 0 when the kernel has none of that name, null when the BTF cannot be understood to its end.</summary>
    internal static uint? Find(ReadOnlySpan<byte> btf, ReadOnlySpan<byte> name)
    {
        if (btf.Length < 24 || MemoryMarshal.Read<ushort>(btf) != Magic)
        {
            return null;
        }

        uint header = MemoryMarshal.Read<uint>(btf[4..]);
        uint typeOffset = MemoryMarshal.Read<uint>(btf[8..]);
        uint typeLength = MemoryMarshal.Read<uint>(btf[12..]);
        uint stringOffset = MemoryMarshal.Read<uint>(btf[16..]);
        uint stringLength = MemoryMarshal.Read<uint>(btf[20..]);
        if ((ulong)header + typeOffset + typeLength > (ulong)btf.Length || (ulong)header + stringOffset + stringLength > (ulong)btf.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> types = btf.Slice((int)(header + typeOffset), (int)typeLength);
        ReadOnlySpan<byte> strings = btf.Slice((int)(header + stringOffset), (int)stringLength);
        uint id = 1;
        while (types.Length >= TypeHeader)
        {
            uint nameOffset = MemoryMarshal.Read<uint>(types);
            uint info = MemoryMarshal.Read<uint>(types[4..]);
            int kind = (int)(info >> 24) & 0x1f;
            int count = (int)(info & 0xffff);
            if (kind == KindFunction && nameOffset < strings.Length)
            {
                ReadOnlySpan<byte> candidate = strings[(int)nameOffset..];
                if (candidate.Length > name.Length && candidate.StartsWith(name) && candidate[name.Length] == 0)
                {
                    return id;
                }
            }

            int? members = kind switch
            {
                2 or 7 or 8 or 9 or 10 or 11 or 12 or 16 or 18 => 0,
                1 or 14 or 17 => 4,
                3 => 12,
                4 or 5 or 15 or 19 => 12 * count,
                6 or 13 => 8 * count,
                _ => null,
            };
            if (members is null || types.Length < TypeHeader + members)
            {
                return null;
            }

            types = types[(TypeHeader + members.Value)..];
            id++;
        }

        return 0;
    }
}
