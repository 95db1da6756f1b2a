using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sockmap.Bpf;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>Edge-triggered epoll tells of every message that comes, whether the ones before were read or not.</summary>
internal sealed class EdgeTriggeredEpollExperiment : Experiment
{
    private const string Tried = "Edge-triggered epoll gave";

    public override string Name => "EdgeTriggeredEpoll";

    public override string Remedy =>
        "Keep out services whose event loop is edge-triggered, such as nginx and those of Go, .NET and Rust's tokio (-ExcludePort).";

    public override Observation Observe(LoopbackPair pair)
    {
        using SafeFileHandle epoll = SocketCalls.EpollCreate(SocketConstants.EPOLL_CLOEXEC);
        if (epoll.IsInvalid)
        {
            throw new BpfException("Making an epoll descriptor", Marshal.GetLastPInvokeError());
        }

        int added = SocketCalls.EpollAdd(epoll, pair.Receiver.SafeHandle, SocketConstants.EPOLLIN | SocketConstants.EPOLLET);
        if (added < 0)
        {
            throw new BpfException("Adding a socket to epoll", -added);
        }

        byte[] message = Messages.Create();
        if (!SendAndWait(pair, epoll, message))
        {
            return Observation.Of(isAsTcp: false, Tried, "no event for a first message");
        }

        if (!SendAndWait(pair, epoll, message))
        {
            return Observation.Of(isAsTcp: false, Tried, "no event for a second message while the first was unread");
        }

        byte[] both = new byte[2 * Messages.Length];
        int read = pair.Receive(both);
        return SendAndWait(pair, epoll, message)
            ? Observation.Of(isAsTcp: true, Tried, "an event for each message, whether those before it were read or not")
            : Observation.Of(isAsTcp: false, Tried, $"no event for a third message after reading {Messages.Describe(read)} of the first two");
    }

    private static bool SendAndWait(LoopbackPair pair, SafeFileHandle epoll, byte[] message)
    {
        pair.Send(message);
        return SocketCalls.EpollWait(epoll, Patience.Milliseconds) == 1;
    }
}
