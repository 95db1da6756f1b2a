using System.Text;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Inspection;

/// <summary>Reads what the kernel tells of open BTF objects.</summary>
internal static unsafe class BtfReader
{
    private const int NameSize = 128;

    /// <summary>All of it, without those who use it.</summary>
    internal static BtfRecord Read(SafeBpfHandle handle)
    {
        Span<byte> name = stackalloc byte[NameSize];
        fixed (byte* buffer = name)
        {
            bpf_btf_info info = new() { name = BpfCommands.Address(buffer), name_len = NameSize };
            BpfCommands.GetInfo(handle, ref info, "a BTF object");
            int end = name.IndexOf((byte)0);
            return new BtfRecord
            {
                Id = info.id,
                Size = info.btf_size,
                Kernel = info.kernel_btf != 0,
                Name = Encoding.UTF8.GetString(end < 0 ? name : name[..end]),
            };
        }
    }
}
