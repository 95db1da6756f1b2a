using System.Runtime.InteropServices;
using System.Text;
using Sockmap.Bpf.Features;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Links;

/// <summary>
/// A program bound to something. The program stays attached while a descriptor or a pin of the link is there.
/// </summary>
public sealed unsafe class BpfLink : IDisposable
{
    private const int NameSize = 128;

    private BpfLink(SafeBpfHandle handle)
    {
        Handle = handle;
    }

    /// <summary>The descriptor.</summary>
    public SafeBpfHandle Handle { get; }

    /// <summary>Binds a program to a cgroup (5.7), beside others (BPF_F_ALLOW_MULTI).</summary>
    /// <param name="program">The program.</param>
    /// <param name="cgroupDirectory">A cgroup v2 directory, see <see cref="CgroupDirectory"/>.</param>
    /// <param name="attachType">Where in the cgroup.</param>
    /// <exception cref="BpfException">EINVAL: the attach type does not suit the program; EBADF: no cgroup; EPERM: no CAP_NET_ADMIN, or a parent forbids.</exception>
    public static BpfLink CreateCgroup(BpfProgram program, SafeHandle cgroupDirectory, BpfAttachType attachType)
    {
        ArgumentNullException.ThrowIfNull(cgroupDirectory);
        return Create(program, cgroupDirectory, attachType, default, $"Linking a program to a cgroup ({attachType})", static () => null);
    }

    /// <summary>Binds a program to a sockmap or sockhash (6.10).</summary>
    /// <param name="program">An sk_msg or sk_skb program.</param>
    /// <param name="map">The sockmap or sockhash.</param>
    /// <param name="attachType">SkMsgVerdict, SkSkbStreamParser, SkSkbStreamVerdict or SkSkbVerdict.</param>
    /// <exception cref="UnsupportedFeatureException">The kernel knows no sockmap links: use <see cref="ProgramAttachment"/>.</exception>
    /// <exception cref="BpfException">EBUSY: another program is attached there; EINVAL: program, map or attach type do not suit each other.</exception>
    public static BpfLink CreateSockmap(BpfProgram program, BpfMap map, BpfAttachType attachType)
    {
        ArgumentNullException.ThrowIfNull(map);
        return Create(program, map.Handle, attachType, default, $"Linking a program to {map} ({attachType})", FeatureProbes.SockmapLink);
    }

    /// <summary>Makes an iterator link (5.8): reading it runs the program on every object.</summary>
    /// <param name="program">A tracing program loaded for <c>bpf_iter_*</c>.</param>
    /// <param name="target">The map, for iterators over the elements of a map (<c>sockmap</c>, <c>bpf_map_elem</c>); else null.</param>
    /// <exception cref="BpfException">EINVAL: the target does not suit the iterator; EBADF: it needs a map and has none; EACCES: the program's buffers do not fit key or value.</exception>
    public static BpfLink CreateIterator(BpfProgram program, BpfMap? target)
    {
        const string Operation = "Making an iterator link";
        if (target is null)
        {
            return Create(program, null, BpfAttachType.TraceIter, default, Operation, static () => null);
        }

        using DescriptorLease lease = new(target.Handle);
        bpf_iter_link_info info = new() { map_map_fd = (uint)lease.Descriptor };
        return Create(program, null, BpfAttachType.TraceIter, new ReadOnlySpan<bpf_iter_link_info>(in info), $"{Operation} for {target}", static () => null);
    }

    /// <summary>Takes over the descriptor of a link that was made elsewhere.</summary>
    internal static BpfLink Adopt(int descriptor) => new(SafeBpfHandle.Adopt(descriptor));

    /// <summary>Opens a pinned link.</summary>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">Something else than a link is pinned there.</exception>
    public static BpfLink OpenPinned(string path) =>
        new(BpfObjectKinds.Require(BpfCommands.OpenPinned(path, "link"), BpfObjectKind.Link, path));

    /// <summary>Opens a link by its id. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">There is none (ENOENT), or the process may not (EPERM).</exception>
    public static BpfLink OpenById(uint id) => new(BpfCommands.OpenById(bpf_cmd.BPF_LINK_GET_FD_BY_ID, id, "link"));

    /// <summary>The ids of all links, in rising order. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">The process may not (EPERM); thrown while enumerating.</exception>
    public static IEnumerable<uint> EnumerateIds() => BpfCommands.EnumerateIds(bpf_cmd.BPF_LINK_GET_NEXT_ID, "links");

    /// <summary>Pins the link at a path on a bpffs.</summary>
    /// <exception cref="BpfException">EEXIST: something is there; EPERM: the path is not on a bpffs; ENOENT: its folder does not exist.</exception>
    public void Pin(string path) => BpfCommands.Pin(Handle, path, "a link");

    /// <summary>Puts another program in place, at once and without a gap (BPF_LINK_UPDATE).</summary>
    /// <param name="next">The new program, of the same type.</param>
    /// <param name="expected">When not null, the program that must be in place now (BPF_F_REPLACE).</param>
    /// <exception cref="BpfException">EPERM: another program than <paramref name="expected"/> is in place; EINVAL: the types differ, or the link cannot be updated; ENOLINK: it is detached.</exception>
    public void Update(BpfProgram next, BpfProgram? expected = null)
    {
        ArgumentNullException.ThrowIfNull(next);
        using DescriptorLease link = new(Handle);
        using DescriptorLease program = new(next.Handle);
        using DescriptorLease old = new(expected?.Handle);
        bpf_attr_link_update attr = new()
        {
            link_fd = (uint)link.Descriptor,
            new_prog_fd = (uint)program.Descriptor,
            old_prog_fd = (uint)old.Descriptor,
            flags = expected is null ? 0 : Constants.BPF_F_REPLACE,
        };
        BpfCommands.ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_LINK_UPDATE, ref attr), "Changing the program of a link");
    }

    /// <summary>Takes the program off, although the link stays (BPF_LINK_DETACH, 5.9). Nothing happens when it is off already.</summary>
    /// <exception cref="BpfException">EOPNOTSUPP: a link of this type cannot be detached, only closed.</exception>
    public void Detach()
    {
        using DescriptorLease link = new(Handle);
        bpf_attr_link_detach attr = new() { link_fd = (uint)link.Descriptor };
        BpfCommands.ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_LINK_DETACH, ref attr), "Detaching a link");
    }

    /// <summary>What the kernel says of this link.</summary>
    public LinkInfo GetInfo()
    {
        bpf_link_info info = default;
        BpfCommands.GetInfo(Handle, ref info, "a link");
        BpfLinkType type = (BpfLinkType)info.type;
        string? target = null;
        if (type is BpfLinkType.Iter or BpfLinkType.RawTracepoint)
        {
            // The name's buffer may only be given where the type has one: elsewhere the same bytes mean something else.
            byte* name = stackalloc byte[NameSize];
            info = default;
            info.iter_target_name = BpfCommands.Address(name);
            info.iter_target_name_len = NameSize;
            BpfCommands.GetInfo(Handle, ref info, "a link");
            ReadOnlySpan<byte> bytes = new(name, NameSize);
            int end = bytes.IndexOf((byte)0);
            target = Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        }

        return new LinkInfo
        {
            Id = info.id,
            Type = type,
            ProgramId = info.prog_id,
            TargetName = target,
            AttachType = type switch
            {
                BpfLinkType.Cgroup => (BpfAttachType)info.cgroup_attach_type,
                BpfLinkType.Sockmap => (BpfAttachType)info.sockmap_attach_type,
                BpfLinkType.Netns => (BpfAttachType)info.netns_attach_type,
                BpfLinkType.Tracing => (BpfAttachType)info.tracing_attach_type,
                BpfLinkType.Tcx => (BpfAttachType)info.tcx_attach_type,
                BpfLinkType.Netkit => (BpfAttachType)info.netkit_attach_type,
                _ => null,
            },
            CgroupId = type == BpfLinkType.Cgroup ? info.cgroup_cgroup_id : null,
            MapId = type switch
            {
                BpfLinkType.Sockmap => info.sockmap_map_id,
                BpfLinkType.StructOps => info.struct_ops_map_id,
                BpfLinkType.Iter when target is "bpf_map_elem" or "sockmap" or "bpf_sk_storage_map" => info.iter_map_map_id,
                _ => null,
            },
            NetworkNamespaceInode = type == BpfLinkType.Netns ? info.netns_netns_ino : null,
            InterfaceIndex = type switch
            {
                BpfLinkType.Xdp => info.xdp_ifindex,
                BpfLinkType.Tcx => info.tcx_ifindex,
                BpfLinkType.Netkit => info.netkit_ifindex,
                _ => null,
            },
        };
    }

    /// <summary>Closes the descriptor; an unpinned link is gone with it, and its program is detached.</summary>
    public void Dispose() => Handle.Dispose();

    private static BpfLink Create(
        BpfProgram program,
        SafeHandle? target,
        BpfAttachType attachType,
        ReadOnlySpan<bpf_iter_link_info> iterInfo,
        string operation,
        Func<FeatureProbe?> probe)
    {
        ArgumentNullException.ThrowIfNull(program);
        int result = CreateOnce(program.Handle, target, attachType, iterInfo);
        if (result >= 0)
        {
            return new BpfLink(SafeBpfHandle.Adopt(result));
        }

        BpfException failure = new(operation, -result);
        if (result is -Errno.EINVAL or -Errno.EOPNOTSUPP or -Errno.ENOTSUPP && probe() is { State: FeatureState.Unsupported } feature)
        {
            throw new UnsupportedFeatureException(feature.Name, feature.MinimumKernel, operation, -result, failure);
        }

        throw failure;
    }

    /// <summary>One BPF_LINK_CREATE; gives a descriptor or the negative error number.</summary>
    internal static int CreateOnce(SafeHandle program, SafeHandle? target, BpfAttachType attachType, ReadOnlySpan<bpf_iter_link_info> iterInfo)
    {
        using DescriptorLease programLease = new(program);
        using DescriptorLease targetLease = new(target);
        fixed (bpf_iter_link_info* info = iterInfo)
        {
            bpf_attr_link_create attr = new()
            {
                prog_fd = (uint)programLease.Descriptor,
                target_fd = (uint)targetLease.Descriptor,
                attach_type = (uint)attachType,
            };
            if (!iterInfo.IsEmpty)
            {
                attr.iter_info = BpfCommands.Address(info);
                attr.iter_info_len = (uint)sizeof(bpf_iter_link_info);
            }

            return Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref attr);
        }
    }
}
