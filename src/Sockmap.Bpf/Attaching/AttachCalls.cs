using System.Runtime.InteropServices;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Links;

namespace Sockmap.Bpf.Attaching;

/// <summary>The calls that attach and detach, for every kind of target: commands of bpf(2), and netlink for XDP without a link. They give a result or the negative error number.</summary>
internal static unsafe class AttachCalls
{
    /// <summary>BPF_LINK_CREATE, or BPF_RAW_TRACEPOINT_OPEN for what a program names by itself; gives a descriptor.</summary>
    internal static int CreateLink(SafeHandle program, AttachPoint point, BpfAttachType? attachType, XdpMode mode)
    {
        if (attachType == BpfAttachType.TraceIter)
        {
            return CreateIterator(program, point.Handle);
        }

        if (point.Hook is { } hook)
        {
            return point.Run(() => hook.CreateLink(program, attachType!.Value));
        }

        return point.Kind == AttachmentTarget.Link
            ? OpenRawTracepoint(program, point.Name)
            : point.Run(() =>
            {
                using DescriptorLease programLease = new(program);
                using DescriptorLease targetLease = new(point.Handle);
                bpf_attr_link_create attr = new()
                {
                    prog_fd = (uint)programLease.Descriptor,
                    attach_type = (uint)attachType!.Value,
                    flags = FlagsOf(mode),
                };
                if (point.IfIndex is { } index)
                {
                    attr.target_ifindex = index;
                }
                else
                {
                    attr.target_fd = (uint)targetLease.Descriptor;
                }

                return Syscalls.Bpf(bpf_cmd.BPF_LINK_CREATE, ref attr);
            });
    }

    /// <summary>BPF_PROG_ATTACH, or netlink for XDP.</summary>
    internal static int Attach(SafeHandle program, AttachPoint point, BpfAttachType attachType, ProgramAttachFlags flags, XdpMode mode, SafeHandle? replaced) =>
        attachType == BpfAttachType.Xdp ? point.Run(() => XdpNetlink.Attach(point.IfIndex!.Value, program, FlagsOf(mode), replaced)) : Call(bpf_cmd.BPF_PROG_ATTACH, program, point, attachType, (uint)flags | (replaced is null ? 0 : Constants.BPF_F_REPLACE), replaced);

    /// <summary>BPF_PROG_DETACH, or netlink for XDP.</summary>
    internal static int Detach(SafeHandle program, AttachPoint point, BpfAttachType attachType) =>
        attachType == BpfAttachType.Xdp ? point.Run(() => XdpNetlink.Detach(point.IfIndex!.Value, program)) : Call(bpf_cmd.BPF_PROG_DETACH, program, point, attachType, 0, null);

    /// <summary>How an XDP program on an interface runs; null where it is not there.</summary>
    internal static string? QueryXdpMode(AttachPoint point, uint programId) =>
        point.Run(() => XdpNetlink.Query(point.IfIndex!.Value).Where(row => row.ProgramId == programId).Select(static row => row.Mode).FirstOrDefault());

    /// <summary>BPF_PROG_QUERY, or netlink for XDP: what is attached at the point itself; null when the kernel cannot tell.</summary>
    internal static uint[]? Query(AttachPoint point, BpfAttachType attachType) => point.Run(() =>
    {
        if (attachType == BpfAttachType.Xdp)
        {
            return [.. XdpNetlink.Query(point.IfIndex!.Value).Select(static row => row.ProgramId)];
        }

        using DescriptorLease lease = new(point.Handle);
        int result = AttachmentQuery.Ask(point.IfIndex ?? (uint)lease.Descriptor, attachType, effective: false, withLinks: false, out AttachmentQuery answer);
        return result switch
        {
            >= 0 => answer.Programs,

            // tcx and netkit say so of an empty place.
            -Errno.ENOENT => [],
            _ => null,
        };
    });

    private static uint FlagsOf(XdpMode mode) => mode switch
    {
        XdpMode.Generic => Constants.XDP_FLAGS_SKB_MODE,
        XdpMode.Driver => Constants.XDP_FLAGS_DRV_MODE,
        XdpMode.Offload => Constants.XDP_FLAGS_HW_MODE,
        _ => 0,
    };

    private static int Call(bpf_cmd command, SafeHandle program, AttachPoint point, BpfAttachType attachType, uint flags, SafeHandle? replaced) => point.Run(() =>
    {
        using DescriptorLease programLease = new(program);
        using DescriptorLease replacedLease = new(replaced);
        using DescriptorLease targetLease = new(point.Handle);
        bpf_attr_attach attr = new()
        {
            attach_bpf_fd = (uint)programLease.Descriptor,
            attach_type = (uint)attachType,
            attach_flags = flags,
            replace_bpf_fd = (uint)replacedLease.Descriptor,
        };
        if (point.IfIndex is { } index)
        {
            attr.target_ifindex = index;
        }
        else if (point.Kind != AttachmentTarget.NetworkNamespace)
        {
            // For a network namespace it is the caller's own, and none may be given (netns_bpf_prog_attach in kernel/bpf/net_namespace.c).
            attr.target_fd = (uint)targetLease.Descriptor;
        }

        return Syscalls.Bpf(command, ref attr);
    });

    private static int CreateIterator(SafeHandle program, SafeHandle? map)
    {
        if (map is null)
        {
            return BpfLink.CreateOnce(program, null, BpfAttachType.TraceIter, default);
        }

        using DescriptorLease lease = new(map);
        bpf_iter_link_info info = new() { map_map_fd = (uint)lease.Descriptor };
        return BpfLink.CreateOnce(program, null, BpfAttachType.TraceIter, new ReadOnlySpan<bpf_iter_link_info>(in info));
    }

    private static int OpenRawTracepoint(SafeHandle program, string name)
    {
        using DescriptorLease lease = new(program);
        fixed (byte* text = BpfCommands.Encode(name))
        {
            bpf_attr_raw_tracepoint attr = new() { name = name.Length == 0 ? 0 : BpfCommands.Address(text), prog_fd = (uint)lease.Descriptor };
            return Syscalls.Bpf(bpf_cmd.BPF_RAW_TRACEPOINT_OPEN, ref attr);
        }
    }
}
