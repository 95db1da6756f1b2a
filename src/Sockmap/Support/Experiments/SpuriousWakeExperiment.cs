using System.Net.Sockets;

namespace Sockmap.Support.Experiments;

/// <summary>A blocking recv() that is woken without data goes on waiting.</summary>
internal sealed class SpuriousWakeExperiment : Experiment
{
    public override string Name => "SpuriousWake";

    public override string Remedy =>
        "Keep out services with blocking sockets that take EAGAIN for an error or a timeout, above all those that shut down their sending side while another thread reads (-ExcludePort).";

    // It is about the reader, and ends before the message is sent where there is something to see.
    public override bool NeedsRedirect => false;

    public override Observation Observe(LoopbackPair pair)
    {
        using BlockedReader reader = BlockedReader.Start(pair.Receiver, Messages.Length, flags: 0);
        if (!reader.WaitUntilAsleepOrDone())
        {
            return Observation.Unknown("The reading thread never came to wait.");
        }

        // Wakes everybody who waits on the socket (inet_shutdown in net/ipv4/af_inet.c), and brings no data.
        pair.Receiver.Shutdown(SocketShutdown.Send);
        reader.WaitUntilDone(Patience.Limit);
        pair.Send(Messages.Create());
        int read = reader.Result;
        return Observation.Of(
            read == Messages.Length,
            "A blocking recv() that was woken once before its data came gave",
            Messages.Describe(read));
    }
}
