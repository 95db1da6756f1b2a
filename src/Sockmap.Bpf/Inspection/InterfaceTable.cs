using System.Runtime.InteropServices;
using System.Text;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Inspection;

/// <summary>The interfaces of this thread's network namespace (rtnetlink(7), RTM_GETLINK).</summary>
internal static class InterfaceTable
{
    private const int HeaderSize = 16;
    private const int InterfaceInfoSize = 16;
    private const int AttributeHeaderSize = 4;
    private const int BufferSize = 64 * 1024;

    /// <summary>All interfaces.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    internal static IReadOnlyList<InterfaceState> Read()
    {
        const string Operation = "Listing network interfaces";
        using SafeBpfHandle socket = SafeBpfHandle.Adopt(BpfCommands.ThrowIfFailed(Syscalls.Socket(Constants.AF_NETLINK, Constants.SOCK_RAW, Constants.NETLINK_ROUTE), Operation));
        using DescriptorLease lease = new(socket);
        Span<byte> request = stackalloc byte[HeaderSize + InterfaceInfoSize];
        request.Clear();
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request[4..], (ushort)Constants.RTM_GETLINK);
        MemoryMarshal.Write(request[6..], (ushort)(Constants.NLM_F_REQUEST | Constants.NLM_F_DUMP));
        BpfCommands.ThrowIfFailed(Syscalls.Write(lease.Descriptor, request), Operation);
        List<InterfaceState> found = [];
        byte[] buffer = new byte[BufferSize];
        while (true)
        {
            int length = BpfCommands.ThrowIfFailed(Syscalls.Read(lease.Descriptor, buffer), Operation);
            ReadOnlySpan<byte> messages = buffer.AsSpan(0, length);
            while (messages.Length >= HeaderSize)
            {
                int size = MemoryMarshal.Read<int>(messages);
                ushort type = MemoryMarshal.Read<ushort>(messages[4..]);
                if (size < HeaderSize || size > messages.Length)
                {
                    throw new InvalidDataException($"{Operation}: a netlink message says that it has {size} of {messages.Length} bytes.");
                }

                ReadOnlySpan<byte> body = messages[HeaderSize..size];
                switch (type)
                {
                    case Constants.NLMSG_DONE:
                        return found;
                    case Constants.NLMSG_ERROR:
                        throw new BpfException(Operation, body.Length >= sizeof(int) ? -MemoryMarshal.Read<int>(body) : Errno.EINVAL);
                    case Constants.RTM_NEWLINK when body.Length >= InterfaceInfoSize:
                        found.Add(ReadInterface(body));
                        break;
                    default:
                        break;
                }

                messages = messages[Math.Min(Align(size), messages.Length)..];
            }
        }
    }

    private static int Align(int size) => (size + 3) & ~3;

    private static InterfaceState ReadInterface(ReadOnlySpan<byte> body)
    {
        uint index = MemoryMarshal.Read<uint>(body[4..]);
        string name = "";
        List<(string, uint)> programs = [];
        ReadOnlySpan<byte> attributes = body[InterfaceInfoSize..];
        while (Next(ref attributes, out int type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case Constants.IFLA_IFNAME:
                    name = Encoding.UTF8.GetString(value.TrimEnd((byte)0));
                    break;
                case Constants.IFLA_XDP:
                    ReadXdp(value, programs);
                    break;
                default:
                    break;
            }
        }

        return new InterfaceState(index, name, programs);
    }

    private static void ReadXdp(ReadOnlySpan<byte> attributes, List<(string Mode, uint ProgramId)> programs)
    {
        while (Next(ref attributes, out int type, out ReadOnlySpan<byte> value))
        {
            string? mode = type switch
            {
                Constants.IFLA_XDP_DRV_PROG_ID => "driver",
                Constants.IFLA_XDP_SKB_PROG_ID => "generic",
                Constants.IFLA_XDP_HW_PROG_ID => "offload",
                _ => null,
            };
            if (mode is not null && value.Length >= sizeof(uint) && MemoryMarshal.Read<uint>(value) is > 0 and uint id)
            {
                programs.Add((mode, id));
            }
        }
    }

    private static bool Next(ref ReadOnlySpan<byte> attributes, out int type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (attributes.Length < AttributeHeaderSize)
        {
            return false;
        }

        int size = MemoryMarshal.Read<ushort>(attributes);
        if (size < AttributeHeaderSize || size > attributes.Length)
        {
            return false;
        }

        type = MemoryMarshal.Read<ushort>(attributes[2..]) & Constants.NLA_TYPE_MASK;
        value = attributes[AttributeHeaderSize..size];
        attributes = attributes[Math.Min(Align(size), attributes.Length)..];
        return true;
    }
}
