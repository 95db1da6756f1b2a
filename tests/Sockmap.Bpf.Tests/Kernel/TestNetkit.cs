using System.Runtime.InteropServices;
using System.Text;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Tests.Kernel;

/// <summary>Makes netkit devices, which older ip commands do not know; they go with their network namespace.</summary>
internal static class TestNetkit
{
    private const ushort RTM_NEWLINK = 16;
    private const ushort NLM_F_REQUEST_ACK_CREATE_EXCL = 1 | 4 | 0x400 | 0x200;
    private const ushort IFLA_IFNAME = 3;
    private const ushort IFLA_LINKINFO = 18;
    private const ushort IFLA_INFO_KIND = 1;

    /// <summary>Makes a pair in this thread's network namespace; says whether the kernel knows such devices. The other end is called nk0 by the kernel.</summary>
    public static bool TryCreate(string name)
    {
        byte[] attributes = [.. Attribute(IFLA_IFNAME, Encoding.ASCII.GetBytes(name + '\0')), .. Attribute(IFLA_LINKINFO, Attribute(IFLA_INFO_KIND, "netkit"u8.ToArray()))];
        byte[] request = new byte[32 + attributes.Length];
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request.AsSpan(4), RTM_NEWLINK);
        MemoryMarshal.Write(request.AsSpan(6), NLM_F_REQUEST_ACK_CREATE_EXCL);
        attributes.CopyTo(request, 32);
        using SafeBpfHandle socket = SafeBpfHandle.Adopt(Syscalls.Socket(Constants.AF_NETLINK, Constants.SOCK_RAW, Constants.NETLINK_ROUTE));
        using DescriptorLease lease = new(socket);
        Assert.Equal(request.Length, Syscalls.Write(lease.Descriptor, request));
        byte[] answer = new byte[4096];
        Assert.True(Syscalls.Read(lease.Descriptor, answer) >= 20);
        int error = MemoryMarshal.Read<int>(answer.AsSpan(16));
        Assert.True(error is 0 or -Errno.EOPNOTSUPP, $"Making a netkit: {Errno.Describe(-error)}");
        return error == 0;
    }

    private static byte[] Attribute(ushort type, byte[] value)
    {
        byte[] bytes = new byte[4 + ((value.Length + 3) & ~3)];
        MemoryMarshal.Write(bytes, (ushort)(4 + value.Length));
        MemoryMarshal.Write(bytes.AsSpan(2), type);
        value.CopyTo(bytes, 4);
        return bytes;
    }
}
