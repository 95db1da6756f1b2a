using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>After send(MSG_ZEROCOPY) the error queue tells when the memory is free again (Documentation/networking/msg_zerocopy.rst).</summary>
internal sealed class ZeroCopyExperiment : Experiment
{
    private const int Length = 16 * 1024;

    public override string Name => "ZeroCopy";

    public override string Remedy => "Keep out services that send with MSG_ZEROCOPY: they wait for completions that do not come (-ExcludePort).";

    public override Observation Observe(LoopbackPair pair)
    {
        int on = 1;
        pair.Sender.SetRawSocketOption(SocketConstants.SOL_SOCKET, SocketConstants.SO_ZEROCOPY, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in on)));

        // The kernel reads this memory until it says that it is done with it.
        byte[] memory = GC.AllocateArray<byte>(Length, pinned: true);
        Messages.Create(Length).CopyTo(memory, 0);
        int sent = pair.Send(memory, SocketConstants.MSG_ZEROCOPY);
        byte[] buffer = new byte[Length];
        for (int read = 0; read < sent && pair.WaitReadable();)
        {
            int count = pair.Receive(buffer);
            if (count <= 0)
            {
                break;
            }

            read += count;
        }

        bool completed = pair.Sender.Poll(Patience.Limit, SelectMode.SelectError)
            && SocketCalls.Recv(pair.Sender.SafeHandle, buffer, SocketConstants.MSG_ERRQUEUE | SocketConstants.MSG_DONTWAIT) >= 0;
        return Observation.Of(
            sent > 0 && completed,
            "What came of send(MSG_ZEROCOPY) was",
            sent < 0 ? Messages.Describe(sent) : completed ? "a completion" : "no completion");
    }
}
