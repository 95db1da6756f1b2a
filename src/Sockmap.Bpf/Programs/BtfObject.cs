using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Programs;

/// <summary>A BTF object (type information) in the kernel.</summary>
public sealed unsafe class BtfObject : IDisposable
{
    private BtfObject(SafeBpfHandle handle)
    {
        Handle = handle;
    }

    /// <summary>The descriptor.</summary>
    public SafeBpfHandle Handle { get; }

    /// <summary>Loads BTF into the kernel (BPF_BTF_LOAD; Documentation/bpf/btf.rst). Needs CAP_BPF.</summary>
    /// <param name="data">Header, types and strings, in the byte order of this machine.</param>
    /// <exception cref="VerifierException">The kernel refused the types; it carries the kernel's log.</exception>
    /// <exception cref="BpfException">The kernel refused for another reason.</exception>
    public static BtfObject Load(ReadOnlySpan<byte> data)
    {
        const string Operation = "Loading BTF";
        if (data.IsEmpty)
        {
            throw new ArgumentException("There is no BTF to load: the data is empty.", nameof(data));
        }

        fixed (byte* btf = data)
        {
            // A lambda cannot capture a fixed local.
            byte* types = btf;
            uint size = (uint)data.Length;
            int first = LoadOnce(types, size, default);
            if (first >= 0)
            {
                return new BtfObject(SafeBpfHandle.Adopt(first));
            }

            (int result, string log) = VerifierLog.Collect(buffer => LoadOnce(types, size, buffer));
            return result >= 0
                ? new BtfObject(SafeBpfHandle.Adopt(result))
                : throw (log.Length == 0 ? new BpfException(Operation, -first) : new VerifierException(Operation, -first, log));
        }
    }

    /// <summary>Opens a BTF object by its id. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">There is none (ENOENT), or the process may not (EPERM).</exception>
    public static BtfObject OpenById(uint id) =>
        new(BpfCommands.OpenById(bpf_cmd.BPF_BTF_GET_FD_BY_ID, id, "BTF object"));

    /// <summary>The ids of all BTF objects, in rising order. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">The process may not (EPERM); thrown while enumerating.</exception>
    public static IEnumerable<uint> EnumerateIds() => BpfCommands.EnumerateIds(bpf_cmd.BPF_BTF_GET_NEXT_ID, "BTF objects");

    /// <summary>What the kernel says of this object.</summary>
    public BtfObjectInfo GetInfo()
    {
        Span<byte> name = stackalloc byte[128];
        fixed (byte* buffer = name)
        {
            bpf_btf_info info = new() { name = BpfCommands.Address(buffer), name_len = (uint)name.Length };
            BpfCommands.GetInfo(Handle, ref info, "a BTF object");
            int end = name.IndexOf((byte)0);
            return new BtfObjectInfo
            {
                Id = info.id,
                Size = info.btf_size,
                IsKernel = info.kernel_btf != 0,
                Name = System.Text.Encoding.UTF8.GetString(end < 0 ? name : name[..end]),
            };
        }
    }

    /// <summary>The whole BTF of this object, as it was loaded.</summary>
    public byte[] GetData()
    {
        // The size may only be asked first: the object never changes.
        byte[] data = new byte[GetInfo().Size];
        fixed (byte* buffer = data)
        {
            bpf_btf_info info = new() { btf = BpfCommands.Address(buffer), btf_size = (uint)data.Length };
            BpfCommands.GetInfo(Handle, ref info, "a BTF object");
        }

        return data;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private static int LoadOnce(byte* btf, uint size, Span<byte> log)
    {
        fixed (byte* logBuffer = log)
        {
            bpf_attr_btf_load attr = new()
            {
                btf = BpfCommands.Address(btf),
                btf_size = size,
                btf_log_buf = BpfCommands.Address(logBuffer),
                btf_log_size = (uint)log.Length,
                btf_log_level = log.IsEmpty ? 0u : 1u,
            };
            return Syscalls.Bpf(bpf_cmd.BPF_BTF_LOAD, ref attr);
        }
    }
}
