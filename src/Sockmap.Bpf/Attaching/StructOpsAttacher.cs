using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bpf.Attaching;

/// <summary>Attaches the operations that a struct_ops map implements: the map, and no program, is what is linked.</summary>
public static class StructOpsAttacher
{
    /// <summary>Links a map of operations (BPF_LINK_CREATE with BPF_STRUCT_OPS, 6.4), and pins the link.</summary>
    /// <param name="map">The map, filled, as an object's loading leaves it.</param>
    /// <param name="pinPath">Where on a bpffs the link is pinned.</param>
    /// <param name="replace">Put it in the place of the map of the link that is pinned there, without a gap.</param>
    /// <param name="log">Takes a line about each step.</param>
    /// <returns>The attachment.</returns>
    /// <exception cref="ArgumentException">The map is of another type; or, to replace, the link is.</exception>
    /// <exception cref="BpfException">The kernel refused. EEXIST: operations of the same name are there, or the pin's path is taken; EINVAL: the map was made without BPF_F_LINK.</exception>
    public static AttachmentRecord Attach(AttachPoint map, string pinPath, bool replace = false, Action<string>? log = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentException.ThrowIfNullOrEmpty(pinPath);
        Check(map);
        if (replace)
        {
            return Replace(map, pinPath, log);
        }

        BpfFileSystem.ThrowIfInvalidPath(pinPath);
        if (BpfFileSystem.Exists(pinPath))
        {
            throw new BpfException($"Pinning a link at '{pinPath}': something is there; take another path, or replace the map of the link that is pinned there", Errno.EEXIST);
        }

        using DescriptorLease lease = new(map.Handle);
        bpf_attr_link_create create = new() { map_fd = (uint)lease.Descriptor, attach_type = (uint)BpfAttachType.StructOps };
        int result = Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref create);
        log?.Invoke($"A link of {map}: {(result < 0 ? Errno.Describe(-result) : "made")}.");
        if (result < 0)
        {
            throw Explain($"Attaching {map}", -result);
        }

        using BpfLink link = BpfLink.Adopt(result);
        link.Pin(pinPath);
        return AttachmentInventory.ByLink(link.Handle);
    }

    /// <summary>Whether a map is one of operations.</summary>
    /// <exception cref="ArgumentException">It is another one; it says what it needs.</exception>
    public static void Check(AttachPoint map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Kind != AttachmentTarget.Map)
        {
            throw new ArgumentException($"{map} is no map.", nameof(map));
        }

        bpf_map_info info = default;
        BpfCommands.GetInfo(map.Handle!, ref info, map.ToString());
        if ((BpfMapType)info.type != BpfMapType.StructOps)
        {
            throw new ArgumentException($"A map of type {(BpfMapType)info.type} is not attached itself: give the program that is to be attached to it. Only StructOps maps are attached without a program.", nameof(map));
        }
    }

    private static AttachmentRecord Replace(AttachPoint map, string pinPath, Action<string>? log)
    {
        using BpfLink link = BpfLink.OpenPinned(pinPath);
        LinkInfo info = link.GetInfo();
        if (info.Type != BpfLinkType.StructOps)
        {
            throw new ArgumentException($"The link pinned at '{pinPath}' is link {info.Id} of type {info.Type}, and not of a StructOps map: nothing was replaced.", nameof(pinPath));
        }

        using DescriptorLease linkLease = new(link.Handle);
        using DescriptorLease mapLease = new(map.Handle);
        bpf_attr_link_update update = new() { link_fd = (uint)linkLease.Descriptor, new_map_fd = (uint)mapLease.Descriptor };
        int result = Syscalls.Bpf(bpf_cmd.BPF_LINK_UPDATE, ref update);
        if (result < 0)
        {
            throw Explain($"Putting {map} in the place of map {info.MapId} of link {info.Id}", -result);
        }

        log?.Invoke($"Replaced map {info.MapId} of link {info.Id}.");
        return AttachmentInventory.ByLink(link.Handle);
    }

    private static BpfException Explain(string operation, int errno)
    {
        string why = errno switch
        {
            Errno.EEXIST => ": operations of the same name are there; detach them first, or replace the map of their link",
            Errno.EINVAL => ": the map was made before kernel 6.4 or without BPF_F_LINK and is attached as long as it has its value, or it has no value, or the operations differ in name or kind",
            Errno.EBADF => ": the map was made without BPF_F_LINK, and is attached as long as it has its value",
            Errno.EPERM or Errno.EACCES => ": it needs CAP_BPF and CAP_NET_ADMIN; run as root",
            Errno.EOPNOTSUPP or Errno.ENOTSUPP => ": these operations cannot be exchanged",
            _ => "",
        };
        return new BpfException(operation + why, errno);
    }
}
