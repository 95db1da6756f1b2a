using System.Globalization;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>ioctl(FIONREAD) (Socket.Available) tells how many bytes wait.</summary>
internal sealed class FionReadExperiment : Experiment
{
    private const int FirstRead = 20;

    public override string Name => "FionRead";

    public override string Remedy => "Keep out services that ask how many bytes can be read before they read (-ExcludePort).";

    public override Observation Observe(LoopbackPair pair)
    {
        byte[] message = Messages.Create();
        pair.Send(message);
        pair.WaitReadable();
        int before = SocketCalls.QueuedBytes(pair.Receiver.SafeHandle);
        int read = pair.Receive(message.AsSpan(0, FirstRead));
        int between = SocketCalls.QueuedBytes(pair.Receiver.SafeHandle);
        pair.Receive(message);
        int after = SocketCalls.QueuedBytes(pair.Receiver.SafeHandle);
        return Observation.Of(
            read == FirstRead && before == Messages.Length && between == Messages.Length - FirstRead && after == 0,
            $"With {Messages.Length}, {Messages.Length - FirstRead} and 0 bytes unread FIONREAD said",
            string.Create(CultureInfo.InvariantCulture, $"{before}, {between} and {after}"));
    }
}
