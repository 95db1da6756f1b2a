using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>recv(MSG_WAITALL) waits until all that was asked for is there.</summary>
internal sealed class MsgWaitAllExperiment : Experiment
{
    public override string Name => "MsgWaitAll";

    public override string Remedy =>
        "Keep out services that take what recv(MSG_WAITALL) returns for complete; most ask again and are fine (-ExcludePort).";

    public override Observation Observe(LoopbackPair pair)
    {
        byte[] message = Messages.Create();
        pair.Send(message);
        pair.WaitReadable();
        using BlockedReader reader = BlockedReader.Start(pair.Receiver, 2 * Messages.Length, SocketConstants.MSG_WAITALL);
        if (!reader.WaitUntilAsleepOrDone())
        {
            return Observation.Unknown("The reading thread never came to wait.");
        }

        pair.Send(message);
        int read = reader.Result;
        return Observation.Of(
            read == 2 * Messages.Length,
            $"For {2 * Messages.Length} bytes, half of which came later, recv(MSG_WAITALL) gave",
            Messages.Describe(read));
    }
}
