using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Inspection;

/// <summary>Reads what the kernel tells of open programs.</summary>
internal sealed unsafe class ProgramReader(ProgramNames names) : IDisposable
{
    private const int UsualMaps = 64;

    private readonly uint[] _mapIds = new uint[UsualMaps];
    private readonly FdInfoReader _fdInfo = new();
    private readonly DateTime _bootTime = BootTime();

    /// <summary>All of it, without pins and holders.</summary>
    /// <param name="handle">The program.</param>
    /// <param name="id">Its id, which an orphan does not tell; 0 when it is not known.</param>
    internal ProgramRecord Read(SafeBpfHandle handle, uint id)
    {
        bpf_prog_info info;
        int result;
        fixed (uint* ids = _mapIds)
        {
            info = new() { nr_map_ids = UsualMaps, map_ids = BpfCommands.Address(ids) };
            result = BpfCommands.TryGetInfo(handle, ref info);
        }

        // ENODEV: its network device is gone (bpf_prog_offload_info_fill in kernel/bpf/offload.c).
        if (result != -Errno.ENODEV)
        {
            BpfCommands.ThrowIfFailed(result, $"Asking for the properties of program {id}");
        }

        using DescriptorLease lease = new(handle);
        _fdInfo.Read(lease.Descriptor);
        ulong memory = _fdInfo.Number("memlock"u8) ?? 0;
        if (result < 0)
        {
            return new ProgramRecord
            {
                Id = id != 0 ? id : (uint)(_fdInfo.Number("prog_id"u8) ?? 0),
                Type = (BpfProgramType)(_fdInfo.Number("prog_type"u8) ?? 0),
                Tag = System.Text.Encoding.ASCII.GetString(_fdInfo.Find("prog_tag"u8)),
                Jited = _fdInfo.Number("prog_jited"u8) is > 0,
                BytesMemlock = memory,
                Orphaned = true,
            };
        }

        ulong tag = info.tag;
        return new ProgramRecord
        {
            Id = info.id,
            Type = (BpfProgramType)info.type,
            Name = names.Whole(handle, info),
            Tag = Convert.ToHexStringLower(new ReadOnlySpan<byte>(&tag, sizeof(ulong))),
            GplCompatible = (info.gpl_compatible & 1) != 0,
            LoadedAt = _bootTime + TimeSpan.FromTicks((long)(info.load_time / TimeSpan.NanosecondsPerTick)),
            Uid = info.created_by_uid,
            BytesXlated = info.xlated_prog_len,
            Jited = info.jited_prog_len != 0,
            BytesJited = info.jited_prog_len,
            BytesMemlock = memory,
            MapIds = info.nr_map_ids <= UsualMaps ? _mapIds[..(int)info.nr_map_ids] : ManyMapIds(handle, info.nr_map_ids),
            BtfId = info.btf_id,
            RunTimeNs = info.run_time_ns,
            RunCnt = info.run_cnt,
            RecursionMisses = info.recursion_misses,
            VerifiedInsns = info.verified_insns,
            AttachBtfObjId = info.attach_btf_obj_id,
            AttachBtfId = info.attach_btf_id,
            IfIndex = info.ifindex,
            NetnsIno = info.netns_ino,
        };
    }

    public void Dispose() => _fdInfo.Dispose();

    private static DateTime BootTime() =>
        DateTime.Now - TimeSpan.FromTicks(Syscalls.ClockGettime(Constants.CLOCK_BOOTTIME) / TimeSpan.NanosecondsPerTick);

    private static uint[] ManyMapIds(SafeBpfHandle handle, uint count)
    {
        // A program's maps may grow between two calls (BPF_PROG_BIND_MAP), so ask until the answer fits.
        while (true)
        {
            uint[] ids = new uint[count];
            fixed (uint* buffer = ids)
            {
                bpf_prog_info info = new() { nr_map_ids = count, map_ids = BpfCommands.Address(buffer) };
                BpfCommands.GetInfo(handle, ref info, "a program");
                if (info.nr_map_ids <= count)
                {
                    return ids[..(int)info.nr_map_ids];
                }

                count = info.nr_map_ids;
            }
        }
    }
}
