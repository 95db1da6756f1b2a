using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>The last byte of send(MSG_OOB) is urgent: it is not among the others, and is read with MSG_OOB.</summary>
internal sealed class OutOfBandExperiment : Experiment
{
    public override string Name => "OutOfBand";

    public override string Remedy => "Keep out services that send urgent data, such as FTP and telnet (-ExcludePort).";

    public override Observation Observe(LoopbackPair pair)
    {
        byte[] message = Messages.Create();
        pair.Send(message, SocketConstants.MSG_OOB);
        pair.WaitReadable();
        byte[] buffer = new byte[Messages.Length];
        int inline = pair.Receive(buffer);
        int urgent = pair.Receive(buffer.AsSpan(0, 1), SocketConstants.MSG_OOB);
        return Observation.Of(
            inline == Messages.Length - 1 && urgent == 1 && buffer[0] == message[^1],
            $"Of {Messages.Length} bytes, the last one urgent, recv() and recv(MSG_OOB) gave",
            $"{Messages.Describe(inline)} and {Messages.Describe(urgent)}");
    }
}
