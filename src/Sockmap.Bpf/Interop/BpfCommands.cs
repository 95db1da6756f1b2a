using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Sockmap.Bpf.Interop;

/// <summary>Commands of bpf(2) that programs, maps, links and BTF objects share. Failures are thrown.</summary>
internal static unsafe class BpfCommands
{
    /// <summary>Throws when a result is a negative error number; gives the result back when it is not.</summary>
    internal static int ThrowIfFailed(int result, string operation) =>
        result >= 0 ? result : throw new BpfException(operation, -result);

    internal static ulong Address(void* pointer) => (ulong)(nuint)pointer;

    /// <summary>BPF_OBJ_PIN.</summary>
    internal static void Pin(SafeHandle handle, string path, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using DescriptorLease lease = new(handle);
        fixed (byte* pathname = Encode(path))
        {
            bpf_attr_obj attr = new() { pathname = Address(pathname), bpf_fd = (uint)lease.Descriptor };
            ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_OBJ_PIN, ref attr), $"Pinning {what} at '{path}'");
        }
    }

    /// <summary>BPF_OBJ_GET.</summary>
    internal static SafeBpfHandle OpenPinned(string path, string what, uint fileFlags = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        fixed (byte* pathname = Encode(path))
        {
            bpf_attr_obj attr = new() { pathname = Address(pathname), file_flags = fileFlags };
            return SafeBpfHandle.Adopt(ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_OBJ_GET, ref attr), $"Opening the {what} pinned at '{path}'"));
        }
    }

    /// <summary>One of the BPF_*_GET_FD_BY_ID commands.</summary>
    internal static SafeBpfHandle OpenById(bpf_cmd command, uint id, string what)
    {
        bpf_attr_id attr = new() { start_id = id };
        return SafeBpfHandle.Adopt(ThrowIfFailed(Syscalls.Bpf(command, ref attr), $"Opening {what} {id}"));
    }

    /// <summary>One of the BPF_*_GET_NEXT_ID commands, until the kernel knows no higher id. Needs CAP_SYS_ADMIN.</summary>
    internal static IEnumerable<uint> EnumerateIds(bpf_cmd command, string what)
    {
        uint id = 0;
        while (true)
        {
            bpf_attr_id attr = new() { start_id = id };
            int result = Syscalls.Bpf(command, ref attr);
            if (result == -Errno.ENOENT)
            {
                yield break;
            }

            ThrowIfFailed(result, $"Listing {what} after id {id}");
            id = attr.next_id;
            yield return id;
        }
    }

    /// <summary>BPF_OBJ_GET_INFO_BY_FD. Members that the kernel does not know stay as they are.</summary>
    internal static void GetInfo<T>(SafeHandle handle, ref T info, string what)
        where T : unmanaged
    {
        using DescriptorLease lease = new(handle);
        fixed (T* pointer = &info)
        {
            bpf_attr_info attr = new() { bpf_fd = (uint)lease.Descriptor, info_len = (uint)Unsafe.SizeOf<T>(), info = Address(pointer) };
            ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_OBJ_GET_INFO_BY_FD, ref attr), $"Asking for the properties of {what}");
        }
    }

    /// <summary>BPF_OBJ_GET_INFO_BY_FD; gives the negative error number when it fails.</summary>
    internal static int TryGetInfo<T>(SafeHandle handle, ref T info)
        where T : unmanaged
        => TryGetInfo(handle, ref info, out _);

    /// <summary>BPF_OBJ_GET_INFO_BY_FD; gives the negative error number when it fails, and how many bytes the kernel knows.</summary>
    internal static int TryGetInfo<T>(SafeHandle handle, ref T info, out uint length)
        where T : unmanaged
    {
        using DescriptorLease lease = new(handle);
        fixed (T* pointer = &info)
        {
            bpf_attr_info attr = new() { bpf_fd = (uint)lease.Descriptor, info_len = (uint)Unsafe.SizeOf<T>(), info = Address(pointer) };
            int result = Syscalls.Bpf(bpf_cmd.BPF_OBJ_GET_INFO_BY_FD, ref attr);
            length = attr.info_len;
            return result;
        }
    }

    /// <summary>UTF-8 with a zero at its end.</summary>
    internal static byte[] Encode(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
