using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Interop;

namespace Sockmap.Support.Experiments;

/// <summary>Bytes that nobody has read count against their receiver's buffer (SO_MEMINFO, ss -m).</summary>
internal sealed class ReceiverChargedExperiment : Experiment
{
    private const int Length = 4096;

    // include/uapi/linux/sock_diag.h: SK_MEMINFO_RMEM_ALLOC is the first of SK_MEMINFO_VARS words.
    private const int Words = 16;

    public override string Name => "ReceiverCharged";

    public override string Remedy =>
        "Watch unread bytes by Get-SockmapEntry (QueuedBytes), as ss -m shows too little; the programs count the queue themselves.";

    public override Observation Observe(LoopbackPair pair)
    {
        long before = ReadMemory(pair.Receiver);
        pair.Send(Messages.Create(Length));
        pair.WaitReadable();
        long charged = ReadMemory(pair.Receiver) - before;
        return Observation.Of(
            charged >= Length,
            $"For {Length} unread bytes the receiver was charged",
            string.Create(CultureInfo.InvariantCulture, $"{charged} bytes"));
    }

    private static long ReadMemory(Socket socket)
    {
        Span<uint> words = stackalloc uint[Words];
        socket.GetRawSocketOption(SocketConstants.SOL_SOCKET, SocketConstants.SO_MEMINFO, MemoryMarshal.AsBytes(words));
        return words[0];
    }
}
