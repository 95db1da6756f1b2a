using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Inspection;

/// <summary>Reads what the kernel tells of open maps.</summary>
internal sealed class MapReader : IDisposable
{
    private readonly FdInfoReader _fdInfo = new();

    /// <summary>All of it, without pins and holders.</summary>
    internal MapRecord Read(SafeBpfHandle handle)
    {
        bpf_map_info info = default;
        BpfCommands.GetInfo(handle, ref info, "a map");
        using DescriptorLease lease = new(handle);
        _fdInfo.Read(lease.Descriptor);
        ulong? owner = _fdInfo.Number("owner_prog_type"u8);
        return new MapRecord
        {
            Id = info.id,
            Type = (BpfMapType)info.type,
            Name = info.name.ToString(),
            Flags = info.map_flags,
            BytesKey = info.key_size,
            BytesValue = info.value_size,
            MaxEntries = info.max_entries,
            BytesMemlock = _fdInfo.Number("memlock"u8) ?? 0,
            Frozen = _fdInfo.Number("frozen"u8) is > 0,
            BtfId = info.btf_id,
            BtfKeyTypeId = info.btf_key_type_id,
            BtfValueTypeId = info.btf_value_type_id,
            BtfVmlinuxValueTypeId = info.btf_vmlinux_value_type_id,
            MapExtra = info.map_extra,
            OwnerProgType = owner is null ? null : (BpfProgramType)owner,
            OwnerJited = owner is null ? null : _fdInfo.Number("owner_jited"u8) is > 0,
            IfIndex = info.ifindex,
            NetnsIno = info.netns_ino,
        };
    }

    public void Dispose() => _fdInfo.Dispose();
}
