using System.Runtime.InteropServices;
using System.Text;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Inspection;

/// <summary>Reads what the kernel tells of open links.</summary>
internal sealed unsafe class LinkReader(ProgramNames names)
{
    private const int NameSize = 128;
    private const int PathSize = 4096;
    private const uint ReturnFlag = 1;
    private const int CommonSize = 16;

    /// <summary>All of it, without pins and holders.</summary>
    internal LinkRecord Read(SafeBpfHandle handle)
    {
        bpf_link_info info = default;
        uint length = Ask(handle, ref info);
        ProgramIdentity program = names.Find(info.prog_id);
        LinkRecord common = new()
        {
            Id = info.id,
            Type = (BpfLinkType)info.type,
            ProgId = info.prog_id,
            ProgName = program.Name,
            ProgType = program.Type,
        };
        return common.Type switch
        {
            BpfLinkType.RawTracepoint => RawTracepoint(handle, common),
            BpfLinkType.Tracing => common with
            {
                AttachType = (BpfAttachType)info.tracing_attach_type,
                TargetObjId = info.tracing_target_obj_id,
                TargetBtfId = info.tracing_target_btf_id,
                Cookies = One(info.tracing_cookie),
            },
            BpfLinkType.Cgroup => common with { CgroupId = info.cgroup_cgroup_id, AttachType = (BpfAttachType)info.cgroup_attach_type },
            BpfLinkType.Iter => Iterator(handle, common),
            BpfLinkType.Netns => common with { NetnsIno = info.netns_netns_ino, AttachType = (BpfAttachType)info.netns_attach_type },
            BpfLinkType.Xdp => Interface(common, info.xdp_ifindex),
            BpfLinkType.Tcx => Interface(common, info.tcx_ifindex) with { AttachType = (BpfAttachType)info.tcx_attach_type },
            BpfLinkType.Netkit => Interface(common, info.netkit_ifindex) with { AttachType = (BpfAttachType)info.netkit_attach_type },
            BpfLinkType.Sockmap => common with { MapId = info.sockmap_map_id, AttachType = (BpfAttachType)info.sockmap_attach_type },
            BpfLinkType.StructOps => common with { MapId = info.struct_ops_map_id },
            BpfLinkType.Netfilter => common with
            {
                Pf = info.netfilter_pf,
                Hook = info.netfilter_hooknum,
                Prio = info.netfilter_priority,
                Flags = info.netfilter_flags,
            },
            BpfLinkType.KprobeMulti => KprobeMulti(handle, common, info),
            BpfLinkType.UprobeMulti => UprobeMulti(handle, common, info),
            BpfLinkType.PerfEvent => PerfEvent(handle, common, info),
            _ => common with { RawInfo = Raw(info, length) },
        };
    }

    private static uint Ask(SafeBpfHandle handle, ref bpf_link_info info)
    {
        int result = BpfCommands.TryGetInfo(handle, ref info, out uint length);
        BpfCommands.ThrowIfFailed(result, "Asking for the properties of a link");
        return length;
    }

    private static byte[] Raw(in bpf_link_info info, uint length)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<bpf_link_info>(in info));
        return bytes[CommonSize..Math.Clamp((int)length, CommonSize, bytes.Length)].ToArray();
    }

    private static ulong[]? One(ulong cookie) => cookie == 0 ? null : [cookie];

    private static LinkRecord Interface(LinkRecord link, uint index) =>
        link with { IfIndex = index, DevName = index == 0 ? null : Syscalls.InterfaceName(index) };

    // A buffer may only be given where the type has one: elsewhere the same bytes mean something else.
    private static LinkRecord RawTracepoint(SafeBpfHandle handle, LinkRecord link)
    {
        byte* name = stackalloc byte[NameSize];
        bpf_link_info info = new() { raw_tracepoint_tp_name = BpfCommands.Address(name), raw_tracepoint_tp_name_len = NameSize };
        Ask(handle, ref info);
        return link with { TpName = Text(name, NameSize), Cookies = One(info.raw_tracepoint_cookie) };
    }

    private static LinkRecord Iterator(SafeBpfHandle handle, LinkRecord link)
    {
        byte* name = stackalloc byte[NameSize];
        bpf_link_info info = new() { iter_target_name = BpfCommands.Address(name), iter_target_name_len = NameSize };
        Ask(handle, ref info);
        string target = Text(name, NameSize);
        link = link with { TargetName = target };
        return target switch
        {
            "bpf_map_elem" or "bpf_sk_storage_map" or "sockmap" => link with { MapId = info.iter_map_map_id },
            "cgroup" => link with { CgroupId = info.iter_cgroup_cgroup_id, Order = info.iter_cgroup_order },
            "task" or "task_file" or "task_vma" => link with { Tid = info.iter_task_tid, Pid = info.iter_task_pid },
            _ => link,
        };
    }

    private static LinkRecord KprobeMulti(SafeBpfHandle handle, LinkRecord link, bpf_link_info info)
    {
        uint count = info.kprobe_multi_count;
        ulong[] addresses = new ulong[count];
        ulong[] cookies = new ulong[count];
        fixed (ulong* addressBuffer = addresses, cookieBuffer = cookies)
        {
            bpf_link_info full = new()
            {
                kprobe_multi_addrs = BpfCommands.Address(addressBuffer),
                kprobe_multi_count = count,
                kprobe_multi_cookies = BpfCommands.Address(cookieBuffer),
            };
            Ask(handle, ref full);
        }

        return link with
        {
            FuncCnt = count,
            Flags = info.kprobe_multi_flags,
            RetProbe = (info.kprobe_multi_flags & ReturnFlag) != 0,
            Missed = info.kprobe_multi_missed,
            Addrs = addresses,
            Cookies = cookies,
        };
    }

    private static LinkRecord UprobeMulti(SafeBpfHandle handle, LinkRecord link, bpf_link_info info)
    {
        uint count = info.uprobe_multi_count;
        ulong[] offsets = new ulong[count];
        ulong[] counters = new ulong[count];
        ulong[] cookies = new ulong[count];
        byte* path = stackalloc byte[PathSize];
        fixed (ulong* offsetBuffer = offsets, counterBuffer = counters, cookieBuffer = cookies)
        {
            bpf_link_info full = new()
            {
                uprobe_multi_path = BpfCommands.Address(path),
                uprobe_multi_path_size = PathSize,
                uprobe_multi_offsets = BpfCommands.Address(offsetBuffer),
                uprobe_multi_ref_ctr_offsets = BpfCommands.Address(counterBuffer),
                uprobe_multi_cookies = BpfCommands.Address(cookieBuffer),
                uprobe_multi_count = count,
            };
            Ask(handle, ref full);
        }

        return link with
        {
            File = Text(path, PathSize),
            FuncCnt = count,
            Flags = info.uprobe_multi_flags,
            RetProbe = (info.uprobe_multi_flags & ReturnFlag) != 0,
            Pid = info.uprobe_multi_pid,
            Addrs = offsets,
            RefCtrOffsets = counters,
            Cookies = cookies,
        };
    }

    private static LinkRecord PerfEvent(SafeBpfHandle handle, LinkRecord link, bpf_link_info info)
    {
        BpfPerfEventType kind = (BpfPerfEventType)info.perf_event_type;
        link = link with { PerfEventType = info.perf_event_type };
        if (kind is BpfPerfEventType.Unspecified or > BpfPerfEventType.Event)
        {
            return link;
        }

        if (kind == BpfPerfEventType.Event)
        {
            return link with { EventType = info.perf_event_event_type, EventConfig = info.perf_event_event_config, Cookies = One(info.perf_event_event_cookie) };
        }

        // The buffer of the name and its length lie in the same place for all three.
        byte* name = stackalloc byte[PathSize];
        bpf_link_info full = new() { perf_event_kprobe_func_name = BpfCommands.Address(name), perf_event_kprobe_name_len = PathSize };
        Ask(handle, ref full);
        string text = Text(name, PathSize);
        return kind switch
        {
            BpfPerfEventType.Uprobe or BpfPerfEventType.Uretprobe => link with
            {
                RetProbe = kind == BpfPerfEventType.Uretprobe,
                File = text,
                Offset = full.perf_event_uprobe_offset,
                RefCtrOffsets = One(full.perf_event_uprobe_ref_ctr_offset),
                Cookies = One(full.perf_event_uprobe_cookie),
            },
            BpfPerfEventType.Kprobe or BpfPerfEventType.Kretprobe => link with
            {
                RetProbe = kind == BpfPerfEventType.Kretprobe,
                Func = text,
                Offset = full.perf_event_kprobe_offset,
                Addrs = One(full.perf_event_kprobe_addr),
                Missed = full.perf_event_kprobe_missed,
                Cookies = One(full.perf_event_kprobe_cookie),
            },
            _ => link with { Func = text, Cookies = One(full.perf_event_tracepoint_cookie) },
        };
    }

    private static string Text(byte* bytes, int size)
    {
        ReadOnlySpan<byte> text = new(bytes, size);
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }
}
