using System.IO.Pipes;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>splice(2) moves bytes from a socket into a pipe.</summary>
internal sealed class SpliceExperiment : Experiment
{
    public override string Name => "Splice";

    public override string Remedy => "Keep out services that splice() from their sockets, such as proxies (-ExcludePort).";

    public override Observation Observe(LoopbackPair pair)
    {
        // Where it finds nothing, splice waits for ever unless the socket does not block.
        pair.Receiver.Blocking = false;
        using AnonymousPipeServerStream pipe = new(PipeDirection.In);
        pair.Send(Messages.Create());
        pair.WaitReadable();
        int moved = SocketCalls.Splice(pair.Receiver.SafeHandle, pipe.ClientSafePipeHandle, Messages.Length, SocketConstants.SPLICE_F_NONBLOCK);
        return Observation.Of(
            moved == Messages.Length,
            $"For {Messages.Length} bytes that were there splice() gave",
            Messages.Describe(moved));
    }
}
