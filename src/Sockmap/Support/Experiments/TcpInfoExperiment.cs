using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>TCP_INFO (ss -i) counts the bytes that were sent and received.</summary>
internal sealed class TcpInfoExperiment : Experiment
{
    // Of struct tcp_info, include/uapi/linux/tcp.h.
    private const int BytesReceivedOffset = 128;
    private const int BytesSentOffset = 200;
    private const int Room = 256;

    public override string Name => "TcpInfo";

    public override string Remedy => "Read the traffic of bypassed sockets from Get-SockmapEntry, not from ss or TCP_INFO; keep out services that steer by TCP_INFO (-ExcludePort).";

    public override Observation Observe(LoopbackPair pair)
    {
        ulong sentBefore = Read(pair.Sender, BytesSentOffset);
        ulong receivedBefore = Read(pair.Receiver, BytesReceivedOffset);
        pair.Send(Messages.Create());
        pair.WaitReadable();
        ulong sent = Read(pair.Sender, BytesSentOffset) - sentBefore;
        ulong received = Read(pair.Receiver, BytesReceivedOffset) - receivedBefore;
        return Observation.Of(
            sent == Messages.Length && received == Messages.Length,
            $"Of {Messages.Length} bytes TCP_INFO counted",
            string.Create(CultureInfo.InvariantCulture, $"{sent} as sent and {received} as received"));
    }

    private static ulong Read(Socket socket, int offset)
    {
        Span<byte> info = stackalloc byte[Room];
        int length = socket.GetRawSocketOption(SocketConstants.IPPROTO_TCP, SocketConstants.TCP_INFO, info);
        return length >= offset + sizeof(ulong)
            ? MemoryMarshal.Read<ulong>(info[offset..])
            : throw new SocketException((int)SocketError.ProtocolOption, string.Create(CultureInfo.InvariantCulture, $"TCP_INFO has {length} bytes on this kernel, and no counters of bytes."));
    }
}
