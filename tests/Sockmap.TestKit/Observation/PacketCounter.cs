using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Sockmap.TestKit.Interop;
using Sockmap.TestKit.Placement;

namespace Sockmap.TestKit.Observation;

/// <summary>Counts the TCP segments of one port on an interface, to prove that bytes did or did not go over the wire.</summary>
public sealed class PacketCounter : IDisposable
{
    private const int QueueBytes = 64 << 20;

    // IP and TCP headers with all options; the length of the rest comes with the packet.
    private const int Captured = 256;

    private readonly int _socket;
    private readonly ushort _port;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly byte[] _buffer = new byte[Captured];
    private volatile bool _stopping;
    private long _segments;
    private long _withPayload;
    private long _toPort;
    private long _fromPort;
    private long _dropped;

    private PacketCounter(int socket, int port)
    {
        _socket = socket;
        _port = (ushort)port;
        _thread = new Thread(ReadOn) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Starts counting on <paramref name="interfaceName"/> of the namespace (null: of the caller's).</summary>
    public static PacketCounter Start(string interfaceName, int port, TestNetworkNamespace? networkNamespace = null)
    {
        int Open() => OpenSocket(interfaceName, port);
        return new PacketCounter(networkNamespace is null ? Open() : networkNamespace.Run(Open), port);
    }

    /// <summary>What passed until now.</summary>
    public unsafe PacketCounts Read()
    {
        lock (_lock)
        {
            Drain();
            uint* statistics = stackalloc uint[2];
            int length = 2 * sizeof(uint);
            Errors.Check(LibC.getsockopt(_socket, LibC.SOL_PACKET, LibC.PACKET_STATISTICS, statistics, ref length), "getsockopt(PACKET_STATISTICS)");
            // Reading the statistics sets them to 0.
            _dropped += statistics[1];
            return new PacketCounts(_segments, _withPayload, _toPort, _fromPort, _dropped);
        }
    }

    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _thread.Join();
        _ = LibC.close(_socket);
    }

    private static unsafe int OpenSocket(string interfaceName, int port)
    {
        uint index = LibC.if_nametoindex(interfaceName);
        if (index == 0)
        {
            throw Errors.Failed($"if_nametoindex({interfaceName})");
        }

        // Protocol 0: nothing is queued before filter and interface are set.
        int socket = LibC.socket(LibC.AF_PACKET, LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK, 0);
        Errors.Check(socket, "socket(AF_PACKET)");
        try
        {
            int size = QueueBytes;
            Errors.Check(LibC.setsockopt(socket, LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, &size, sizeof(int)), "setsockopt(SO_RCVBUFFORCE)");
            sock_filter[] filter = Filter((uint)port);
            fixed (sock_filter* instructions = filter)
            {
                var program = new sock_fprog { len = (ushort)filter.Length, filter = instructions };
                Errors.Check(LibC.setsockopt(socket, LibC.SOL_SOCKET, LibC.SO_ATTACH_FILTER, &program, sizeof(sock_fprog)), "setsockopt(SO_ATTACH_FILTER)");
            }

            var address = new sockaddr_ll
            {
                sll_family = LibC.AF_PACKET,
                sll_protocol = (ushort)IPAddress.HostToNetworkOrder((short)LibC.ETH_P_ALL),
                sll_ifindex = (int)index,
            };
            Errors.Check(LibC.bind(socket, ref address, sizeof(sockaddr_ll)), $"bind({interfaceName})");
            return socket;
        }
        catch
        {
            _ = LibC.close(socket);
            throw;
        }
    }

    /// <summary>TCP over IPv4 or IPv6 (no extension headers) from or to the port; offsets are from the IP header (SOCK_DGRAM).</summary>
    private static sock_filter[] Filter(uint port)
    {
        const ushort LoadByte = 0x30;       // BPF_LD | BPF_B | BPF_ABS
        const ushort LoadHalf = 0x28;       // BPF_LD | BPF_H | BPF_ABS
        const ushort LoadHalfAtX = 0x48;    // BPF_LD | BPF_H | BPF_IND
        const ushort HeaderLengthToX = 0xB1; // BPF_LDX | BPF_B | BPF_MSH
        const ushort ShiftRight = 0x74;     // BPF_ALU | BPF_RSH | BPF_K
        const ushort Equal = 0x15;          // BPF_JMP | BPF_JEQ | BPF_K
        const ushort Return = 0x06;         // BPF_RET | BPF_K
        const uint Tcp = 6;
        return
        [
            /* 0 */ new(LoadByte, 0, 0, 0),
            /* 1 */ new(ShiftRight, 0, 0, 4),
            /* 2 */ new(Equal, 0, 7, 4), // else 10
            /* 3 */ new(LoadByte, 0, 0, 9),
            /* 4 */ new(Equal, 0, 13, Tcp), // else 18
            /* 5 */ new(HeaderLengthToX, 0, 0, 0),
            /* 6 */ new(LoadHalfAtX, 0, 0, 0),
            /* 7 */ new(Equal, 9, 0, port), // then 17
            /* 8 */ new(LoadHalfAtX, 0, 0, 2),
            /* 9 */ new(Equal, 7, 8, port), // then 17 else 18
            /* 10 */ new(Equal, 0, 7, 6), // else 18
            /* 11 */ new(LoadByte, 0, 0, 6),
            /* 12 */ new(Equal, 0, 5, Tcp), // else 18
            /* 13 */ new(LoadHalf, 0, 0, 40),
            /* 14 */ new(Equal, 2, 0, port), // then 17
            /* 15 */ new(LoadHalf, 0, 0, 42),
            /* 16 */ new(Equal, 0, 1, port), // else 18
            /* 17 */ new(Return, 0, 0, uint.MaxValue),
            /* 18 */ new(Return, 0, 0, 0),
        ];
    }

    private void ReadOn()
    {
        while (!_stopping)
        {
            bool any;
            lock (_lock)
            {
                any = Drain();
            }

            if (!any)
            {
                Thread.Sleep(1);
            }
        }
    }

    private bool Drain()
    {
        bool any = false;
        while (true)
        {
            var from = default(sockaddr_ll);
            int length = Marshal.SizeOf<sockaddr_ll>();
            // MSG_TRUNC gives the packet's whole length, not that of what was copied.
            nint total = LibC.recvfrom(_socket, _buffer, _buffer.Length, LibC.MSG_DONTWAIT | LibC.MSG_TRUNC, ref from, ref length);
            if (total < 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case LibC.EINTR:
                        continue;
                    case LibC.EAGAIN:
                        return any;
                    default:
                        throw Errors.Failed("recvfrom(AF_PACKET)");
                }
            }

            any = true;
            // Loopback shows each segment leaving and arriving.
            if (from.sll_hatype != LibC.ARPHRD_LOOPBACK || from.sll_pkttype != LibC.PACKET_OUTGOING)
            {
                Count((long)total);
            }
        }
    }

    private void Count(long total)
    {
        ReadOnlySpan<byte> packet = _buffer;
        bool v4 = packet[0] >> 4 == 4;
        int ip = v4 ? (packet[0] & 15) * 4 : 40;
        int tcp = (packet[ip + 12] >> 4) * 4;
        // A short packet is padded on the link; an offloaded one of more than 64 KB writes length 0.
        int stated = BinaryPrimitives.ReadUInt16BigEndian(packet[(v4 ? 2 : 4)..]);
        long length = stated == 0 ? total : v4 ? stated : stated + 40;
        long payload = length - ip - tcp;
        _segments++;
        if (payload > 0)
        {
            _withPayload++;
            bool toPort = BinaryPrimitives.ReadUInt16BigEndian(packet[(ip + 2)..]) == _port;
            _toPort += toPort ? payload : 0;
            _fromPort += toPort ? 0 : payload;
        }
    }
}
