using System.Net.Sockets;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>A socket that is closed with unread bytes resets the connection, so that the sender learns of the loss (RFC 1122, 4.2.2.13).</summary>
internal sealed class CloseWithUnreadDataExperiment : Experiment
{
    // include/uapi/asm-generic/errno.h
    private const int ConnectionReset = 104;

    public override string Name => "CloseWithUnreadData";

    public override string Remedy => "Keep out services that rely on a reset to learn that their peer closed without reading all (-ExcludePort).";

    public override Observation Observe(LoopbackPair pair)
    {
        pair.Send(Messages.Create());
        pair.WaitReadable();

        // A plain close(2): nobody set SO_LINGER.
        pair.Receiver.Close();
        pair.Sender.Poll(Patience.Limit, SelectMode.SelectRead);
        int end = SocketCalls.Recv(pair.Sender.SafeHandle, new byte[1], SocketConstants.MSG_DONTWAIT);
        return Observation.Of(
            end == -ConnectionReset,
            $"When its peer closed with {Messages.Length} bytes unread the sender saw",
            end == 0 ? "an orderly end (FIN)" : Messages.Describe(end));
    }
}
