using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Maps;

/// <content>Maps whose values are other objects of the kernel: an update takes a descriptor, a lookup gives an id or a cookie.</content>
public sealed unsafe partial class BpfMap
{
    /// <summary>What the values refer to, as words that fit into a sentence (<c>a program</c>), or null where they are plain bytes.</summary>
    public string? ReferredObject => Type switch
    {
        BpfMapType.ProgArray => "a program",
        BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps => "a map",
        BpfMapType.SockMap or BpfMapType.SockHash or BpfMapType.ReuseportSockArray => "a socket",
        BpfMapType.XskMap => "an AF_XDP socket",
        BpfMapType.CgroupArray => "a cgroup",
        BpfMapType.PerfEventArray => "a perf event",
        _ => null,
    };

    /// <summary>Writes a reference to the program or map with an id. Needs CAP_SYS_ADMIN.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="id">The program's id for an array of programs, the map's id for a map of maps.</param>
    /// <param name="flags">Whether the key must or must not exist.</param>
    /// <exception cref="NotSupportedException">The kernel opens what this map refers to by no id.</exception>
    /// <exception cref="BpfException">ENOENT: nothing has the id; EINVAL: it does not fit this map; else as <see cref="UpdateDescriptor"/>.</exception>
    public void UpdateReference(ReadOnlySpan<byte> key, uint id, BpfMapUpdateFlags flags = BpfMapUpdateFlags.Any)
    {
        switch (Type)
        {
            case BpfMapType.ProgArray:
                using (BpfProgram program = BpfProgram.OpenById(id))
                {
                    UpdateDescriptor(key, program.Handle, flags);
                }

                break;
            case BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps:
                using (BpfMap map = OpenById(id))
                {
                    UpdateDescriptor(key, map.Handle, flags);
                }

                break;
            default:
                throw new NotSupportedException($"{Describe()} takes {ReferredObject ?? "values"}, which cannot be given by a number.");
        }
    }

    /// <summary>Writes a reference to what is at a path.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="path">A pinned program for an array of programs, a pinned map for a map of maps, the folder of a cgroup for an array of cgroups.</param>
    /// <param name="flags">Whether the key must or must not exist.</param>
    /// <exception cref="NotSupportedException">What this map refers to has no path.</exception>
    /// <exception cref="InvalidDataException">Something else is pinned there.</exception>
    /// <exception cref="BpfException">ENOENT: nothing is there; EINVAL: it does not fit this map; else as <see cref="UpdateDescriptor"/>.</exception>
    public void UpdateReference(ReadOnlySpan<byte> key, string path, BpfMapUpdateFlags flags = BpfMapUpdateFlags.Any)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        switch (Type)
        {
            case BpfMapType.ProgArray:
                using (BpfProgram program = BpfProgram.OpenPinned(path))
                {
                    UpdateDescriptor(key, program.Handle, flags);
                }

                break;
            case BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps:
                using (BpfMap map = OpenPinned(path))
                {
                    UpdateDescriptor(key, map.Handle, flags);
                }

                break;
            case BpfMapType.CgroupArray:
                using (SafeBpfHandle folder = DirectoryDescriptor.Open(path, $"Opening cgroup '{path}'"))
                {
                    UpdateDescriptor(key, folder, flags);
                }

                break;
            default:
                throw new NotSupportedException($"{Describe()} takes {ReferredObject ?? "values"}, which cannot be given by a path.");
        }
    }
}
