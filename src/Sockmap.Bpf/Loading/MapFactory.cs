using System.Numerics;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Maps;

namespace Sockmap.Bpf.Loading;

/// <summary>Creates the maps of an object.</summary>
internal sealed class MapFactory(ObjectSpec spec, ObjectTypes types)
{
    private const uint MappableFlag = 1 << 10;
    private const uint ReadOnlyForPrograms = 1 << 7;

    /// <summary>What a map that is there has other than the object asks for; empty where it fits.</summary>
    /// <param name="map">What the object asks for.</param>
    /// <param name="existing">What is there.</param>
    /// <param name="exact">Whether the number of entries and the flags count too, as they do for a map that is found by its name.</param>
    public static List<string> Differences(MapSpec map, BpfMap existing, bool exact)
    {
        List<string> differences = [];
        Compare("its type is", existing.Type, map.Type);
        Compare("its keys have", $"{existing.KeySize} bytes", $"{map.KeySize} bytes");
        Compare("its values have", $"{existing.ValueSize} bytes", $"{map.ValueSize} bytes");
        if (exact)
        {
            bpf_map_info info = default;
            BpfCommands.GetInfo(existing.Handle, ref info, existing.ToString());

            // The kernel sets this one by itself for these.
            uint flags = map.Type is BpfMapType.DevMap or BpfMapType.DevMapHash ? info.map_flags & ~ReadOnlyForPrograms : info.map_flags;
            Compare("its number of entries is", existing.MaxEntries, MaxEntries(map));
            Compare("its flags are", $"0x{flags:x}", $"0x{map.Flags:x}");
            Compare("its map_extra is", info.map_extra, map.Extra);
        }

        return differences;

        void Compare<T>(string what, T actual, T expected)
        {
            if (!EqualityComparer<T>.Default.Equals(actual, expected))
            {
                differences.Add($"{what} {actual}, not {expected}");
            }
        }
    }

    /// <summary>Creates a map, and puts in what data it starts with.</summary>
    public BpfMap Create(MapSpec map)
    {
        using BpfMap? inner = map.InnerMap is null ? null : CreateEmpty(map.InnerMap, null);
        if (map.IsMapOfMaps && inner is null)
        {
            throw new BpfFormatException(spec.Contents.Source, $"map '{map.Name}' of type {map.Type} does not tell what the maps in it are like; add __array(values, struct ...), or replace it with a map that is there");
        }

        BpfMap created = CreateEmpty(map, inner);
        try
        {
            if (map.InitialContents is { } contents)
            {
                created.Update(new byte[map.KeySize], contents);
            }

            if (map.Frozen)
            {
                created.Freeze();
            }

            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    /// <summary>Creates a map of operations, empty; its value is registered by a link, where the kernel has such (6.4).</summary>
    public BpfMap CreateStructOps(MapSpec map, StructOpsBinding binding)
    {
        if (types.Btf is null)
        {
            throw types.Refusal ?? (Exception)new BpfFormatException(spec.Contents.Source, $"map '{map.Name}' needs the object's BTF");
        }

        map.ValueSize = (uint)binding.ValueSize;
        try
        {
            return BpfMap.Create(Request((uint)BpfMapFlags.Link));
        }
        catch (BpfException first) when (first.Errno == Errno.EINVAL)
        {
            try
            {
                return BpfMap.Create(Request(0));
            }
            catch (BpfException)
            {
                // Links are not what it dislikes.
                throw first;
            }
        }

        MapCreateRequest Request(uint flags) => new()
        {
            Name = map.Name,
            Type = map.Type,
            KeySize = (int)map.KeySize,
            ValueSize = binding.ValueSize,
            MaxEntries = map.MaxEntries,
            Flags = flags,
            Btf = types.Btf,
            KernelValueTypeId = binding.ValueTypeId,
        };
    }

    // A file cannot know the machine's number of CPUs, nor its page size.
    private static uint MaxEntries(MapSpec map) => map.Type switch
    {
        BpfMapType.PerfEventArray when map.MaxEntries == 0 => (uint)PossibleCpus.Count(),
        BpfMapType.RingBuf or BpfMapType.UserRingBuf => Math.Max((uint)Environment.SystemPageSize, BitOperations.RoundUpToPowerOf2(map.MaxEntries)),
        _ => map.MaxEntries,
    };

    private BpfMap CreateEmpty(MapSpec map, BpfMap? inner)
    {
        bool isStorage = map.Type is BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage;
        if (isStorage && types.Btf is null && types.Refusal is not null)
        {
            throw types.Refusal;
        }

        bool isSectionTyped = map.DataSection is not null;
        bool withTypes = types.Btf is not null && (map.KeyTypeId | map.ValueTypeId) != 0 && (!isSectionTyped || types.Capabilities.DataSections);
        try
        {
            return BpfMap.Create(Request(map, withTypes, map.Flags, inner));
        }
        catch (BpfException first) when (first.Errno is Errno.EINVAL or Errno.ENOTSUPP && !isStorage)
        {
            // Types of a value only describe it, and mapping it into memory (5.5) only speeds it up: older kernels do without.
            bool isMappable = isSectionTyped && (map.Flags & MappableFlag) != 0;
            try
            {
                if (withTypes)
                {
                    return BpfMap.Create(Request(map, false, map.Flags, inner));
                }
            }
            catch (BpfException) when (isMappable)
            {
                // The last try follows.
            }
            catch (BpfException)
            {
                throw first;
            }

            if (!isMappable)
            {
                throw;
            }

            return BpfMap.Create(Request(map, false, map.Flags & ~MappableFlag, inner));
        }
    }

    private MapCreateRequest Request(MapSpec map, bool withTypes, uint flags, BpfMap? inner)
    {
        if (map.KeySize > int.MaxValue || map.ValueSize > int.MaxValue)
        {
            throw new BpfFormatException(spec.Contents.Source, $"map '{map.Name}' has keys of {map.KeySize} and values of {map.ValueSize} bytes, more than any map can have");
        }

        return new MapCreateRequest
        {
            Name = map.Name,
            Type = map.Type,
            KeySize = (int)map.KeySize,
            ValueSize = (int)map.ValueSize,
            MaxEntries = MaxEntries(map),
            Flags = flags,
            NumaNode = map.NumaNode,
            MapExtra = map.Extra,
            Btf = withTypes ? types.Btf : null,
            KeyTypeId = withTypes ? map.KeyTypeId : 0,
            ValueTypeId = withTypes ? map.ValueTypeId : 0,
            InnerMap = inner,
        };
    }
}
