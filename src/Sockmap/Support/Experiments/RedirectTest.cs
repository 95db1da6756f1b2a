using System.Globalization;
using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Interop;
using Sockmap.Support.Checks;

namespace Sockmap.Support.Experiments;

/// <summary>Sends both ways over a bypassed pair and proves by the programs' counters that nothing went over TCP.</summary>
internal static class RedirectTest
{
    private const string Remedy = "Do not install a bypass on this kernel, and please report it.";
    private static readonly int[] Lengths = [1, 64, 4096];

    /// <summary>Runs it on a pair that has sent nothing yet.</summary>
    public static Finding Run(ExperimentBench bench, LoopbackPair pair)
    {
        CounterTable before = bench.Counters;
        int expected = 0;
        foreach (int length in Lengths)
        {
            foreach ((Socket from, Socket to) in ((Socket, Socket)[])[(pair.Sender, pair.Receiver), (pair.Receiver, pair.Sender)])
            {
                if (!Arrives(from, to, length))
                {
                    return Finding.Unsupported(string.Create(CultureInfo.InvariantCulture, $"On a connection over 127.0.0.1 a message of {length} bytes did not arrive whole."), Remedy);
                }

                expected += length;
            }
        }

        CounterTable after = bench.Counters;
        ulong Grown(BypassCounter counter) => after[counter] - before[counter];
        if (Grown(BypassCounter.BytesRedirected) == (ulong)expected && Grown(BypassCounter.BytesOverTcp) == 0)
        {
            return Finding.Supported(string.Create(CultureInfo.InvariantCulture, $"On a connection over 127.0.0.1 {2 * Lengths.Length} messages ({expected} bytes, both ways) went past TCP and arrived whole."));
        }

        IEnumerable<string> reasons = Enum.GetValues<BypassCounter>()
            .Where(counter => Grown(counter) > 0)
            .Select(counter => string.Create(CultureInfo.InvariantCulture, $"{counter} {Grown(counter)}"));
        return Finding.Unsupported($"On a connection over 127.0.0.1 all messages arrived, but not all of them past TCP (counters: {string.Join(", ", reasons.DefaultIfEmpty("none"))}).", Remedy);
    }

    private static bool Arrives(Socket from, Socket to, int length)
    {
        byte[] message = Messages.Create(length);
        if (SocketCalls.Send(from.SafeHandle, message, SocketConstants.MSG_DONTWAIT | SocketConstants.MSG_NOSIGNAL) != length)
        {
            return false;
        }

        byte[] buffer = new byte[length + 1];
        int read = 0;
        while (read < length && to.Poll(Patience.Limit, SelectMode.SelectRead))
        {
            int count = SocketCalls.Recv(to.SafeHandle, buffer.AsSpan(read), SocketConstants.MSG_DONTWAIT);
            if (count <= 0)
            {
                return false;
            }

            read += count;
        }

        return buffer.AsSpan(0, read).SequenceEqual(message);
    }
}
