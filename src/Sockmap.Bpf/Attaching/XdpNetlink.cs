using System.Runtime.InteropServices;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Attaching;

/// <summary>XDP without a link: as an attribute of the interface (rtnetlink(7), RTM_SETLINK), which <c>ip link set dev X xdp</c> and <c>bpftool net attach</c> set too.</summary>
internal static class XdpNetlink
{
    private const int HeaderSize = 16;
    private const int InterfaceInfoSize = 16;
    private const int AttributeHeaderSize = 4;
    private const int NumberSize = AttributeHeaderSize + sizeof(int);
    private const int BufferSize = 8 * 1024;
    private const int NoProgram = -1;

    /// <summary>The programs on an interface of this thread's network namespace, and how each runs.</summary>
    internal static IReadOnlyList<(string Mode, uint ProgramId)> Query(uint index) =>
        InterfaceTable.Read().FirstOrDefault(state => state.Index == index)?.Xdp ?? [];

    /// <summary>Puts a program on an interface; gives a result or the negative error number.</summary>
    /// <param name="index">The interface.</param>
    /// <param name="program">The program.</param>
    /// <param name="mode">XDP_FLAGS_*_MODE, or 0 for what the kernel chooses.</param>
    /// <param name="replaced">The program that must be there now; null where none may be.</param>
    internal static int Attach(uint index, SafeHandle program, uint mode, SafeHandle? replaced)
    {
        using DescriptorLease lease = new(program);
        using DescriptorLease expected = new(replaced);
        return Set(index, lease.Descriptor, mode, replaced is null ? null : expected.Descriptor);
    }

    /// <summary>Takes a program off an interface; gives a result or the negative error number, -ENOENT where it is not there.</summary>
    internal static int Detach(uint index, SafeHandle program)
    {
        bpf_prog_info info = default;
        BpfCommands.GetInfo(program, ref info, "a program");
        string? found = Query(index).Where(row => row.ProgramId == info.id).Select(static row => row.Mode).FirstOrDefault();
        if (found is null)
        {
            return -Errno.ENOENT;
        }

        uint mode = found switch
        {
            "driver" => Constants.XDP_FLAGS_DRV_MODE,
            "offload" => Constants.XDP_FLAGS_HW_MODE,
            _ => Constants.XDP_FLAGS_SKB_MODE,
        };
        using DescriptorLease expected = new(program);
        return Set(index, NoProgram, mode, expected.Descriptor);
    }

    private static int Set(uint index, int program, uint mode, int? expected)
    {
        const string Operation = "Setting the XDP program of an interface";
        int nested = AttributeHeaderSize + ((expected is null ? 2 : 3) * NumberSize);
        Span<byte> request = stackalloc byte[HeaderSize + InterfaceInfoSize + nested];
        request.Clear();
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request[4..], (ushort)Constants.RTM_SETLINK);
        MemoryMarshal.Write(request[6..], (ushort)(Constants.NLM_F_REQUEST | Constants.NLM_F_ACK));
        MemoryMarshal.Write(request[(HeaderSize + 4)..], index);
        Span<byte> attributes = request[(HeaderSize + InterfaceInfoSize)..];
        MemoryMarshal.Write(attributes, (ushort)nested);
        MemoryMarshal.Write(attributes[2..], (ushort)(Constants.IFLA_XDP | Constants.NLA_F_NESTED));
        attributes = attributes[AttributeHeaderSize..];
        attributes = Put(attributes, Constants.IFLA_XDP_FD, program);
        attributes = Put(attributes, Constants.IFLA_XDP_FLAGS, (int)(mode | (expected is null ? Constants.XDP_FLAGS_UPDATE_IF_NOEXIST : Constants.XDP_FLAGS_REPLACE)));
        if (expected is { } descriptor)
        {
            Put(attributes, Constants.IFLA_XDP_EXPECTED_FD, descriptor);
        }

        using SafeBpfHandle socket = SafeBpfHandle.Adopt(BpfCommands.ThrowIfFailed(Syscalls.Socket(Constants.AF_NETLINK, Constants.SOCK_RAW, Constants.NETLINK_ROUTE), Operation));
        using DescriptorLease lease = new(socket);
        int written = Syscalls.Write(lease.Descriptor, request);
        if (written < 0)
        {
            return written;
        }

        // The one answer is an error message, whose number is 0 when all is well.
        byte[] buffer = new byte[BufferSize];
        int length = BpfCommands.ThrowIfFailed(Syscalls.Read(lease.Descriptor, buffer), Operation);
        return length >= HeaderSize + sizeof(int) && MemoryMarshal.Read<ushort>(buffer.AsSpan(4)) == Constants.NLMSG_ERROR
            ? MemoryMarshal.Read<int>(buffer.AsSpan(HeaderSize))
            : throw new InvalidDataException($"{Operation}: the kernel answered with {length} bytes that are no acknowledgement.");
    }

    private static Span<byte> Put(Span<byte> place, int type, int value)
    {
        MemoryMarshal.Write(place, (ushort)NumberSize);
        MemoryMarshal.Write(place[2..], (ushort)type);
        MemoryMarshal.Write(place[AttributeHeaderSize..], value);
        return place[NumberSize..];
    }
}
