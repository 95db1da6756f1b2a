using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Interop;

namespace Sockmap.Tests.Kit;

/// <summary>Sockets in TCP_REPAIR, by which a connection can be had with other numbers.</summary>
internal static class RepairedSocket
{
    private const int Tcp = 6;

    /// <summary>The same connection with another socket, which takes the last bytes that were sent for not sent yet (TCP_REPAIR).</summary>
    public static Socket GoBack(Socket socket, int bytes)
    {
        const int Repair = 19, Queue = 20, Sequence = 21, Options = 22, Window = 29, Receive = 1, Send = 2, OffWithoutProbe = -1, Room = 60_000;
        EndPoint local = socket.LocalEndPoint!, remote = socket.RemoteEndPoint!;
        Set(socket, Repair, 1);
        Set(socket, Queue, Send);
        uint sent = Get(socket);
        Set(socket, Queue, Receive);
        uint received = Get(socket);

        // In this mode nothing is sent when it closes.
        socket.Dispose();
        Socket again = new(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        Set(again, Repair, 1);
        SocketAddress address = local.Serialize();

        // Socket.Bind would set SO_REUSEADDR, in whose place the mode has a stronger one.
        Assert.True(SocketCalls.Bind(again.SafeHandle, address.Buffer.Span[..address.Size]) >= 0);
        Set(again, Queue, Send);
        Set(again, Sequence, (int)(sent - (uint)bytes));
        Set(again, Queue, Receive);
        Set(again, Sequence, (int)received);
        again.Connect(remote);

        // struct tcp_repair_opt: the largest segment, and the shift of both windows.
        again.SetRawSocketOption(Tcp, Options, MemoryMarshal.AsBytes<int>([2, 65483, 3, 7 | (7 << 16)]));

        // struct tcp_repair_window: the other end's, and ours. It would answer a probe with bytes that are not sent yet, here.
        again.SetRawSocketOption(Tcp, Window, MemoryMarshal.AsBytes<uint>([received, Room, Room, Room, received]));
        Set(again, Repair, OffWithoutProbe);
        again.NoDelay = true;
        return again;

        void Set(Socket of, int name, int value) => of.SetRawSocketOption(Tcp, name, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

        uint Get(Socket of)
        {
            uint value = 0;
            of.GetRawSocketOption(Tcp, Sequence, MemoryMarshal.AsBytes(new Span<uint>(ref value)));
            return value;
        }
    }
}
