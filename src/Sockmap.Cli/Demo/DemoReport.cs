using Sockmap.Bypasses;
using Sockmap.Cli.Output;
using Sockmap.Entries;

namespace Sockmap.Cli.Demo;

/// <summary>What the demo saw. The counters are the kernel's, read from the bypass before it was removed.</summary>
internal sealed record DemoReport
{
    /// <summary>Name that the bypass had.</summary>
    public required string Bypass { get; init; }

    /// <summary>The verdict program that ran.</summary>
    public required BypassVariant Variant { get; init; }

    /// <summary>The cgroup that both processes were in.</summary>
    public required string Cgroup { get; init; }

    /// <summary>The echo server.</summary>
    public required int ServerProcessId { get; init; }

    /// <summary>The client.</summary>
    public required int ClientProcessId { get; init; }

    /// <summary>What was measured.</summary>
    public required IReadOnlyList<DemoRound> Rounds { get; init; }

    /// <summary>Both sockets of the connection of the last round.</summary>
    public required IReadOnlyList<SockmapEntry> Entries { get; init; }

    /// <summary>Messages that skipped TCP.</summary>
    public required ulong MessagesRedirected { get; init; }

    /// <summary>Bytes that skipped TCP.</summary>
    public required ulong BytesRedirected { get; init; }

    /// <summary>Messages that went over TCP although the bypass was installed.</summary>
    public required ulong MessagesOverTcp { get; init; }

    /// <summary>Bytes that went over TCP although the bypass was installed.</summary>
    public required ulong BytesOverTcp { get; init; }

    /// <summary>Bytes that both processes sent while the bypass was installed, by their own count.</summary>
    public ulong BytesSent => 2 * (ulong)Rounds.Sum(round => round.Bypassed.BytesEchoed);

    /// <summary>True where the kernel redirected anything.</summary>
    public bool Succeeded => BytesRedirected > 0;

    /// <summary>One sentence on what came of it.</summary>
    public string Verdict
    {
        get
        {
            if (!Succeeded)
            {
                return "No byte skipped TCP: the kernel counts "
                    + $"{Quantity.Of(MessagesOverTcp, "message")} over TCP and none redirected; try 'sockmap check'.";
            }

            double before = TypicalOf(round => round.Tcp.MedianNanoseconds);
            double after = TypicalOf(round => round.Bypassed.MedianNanoseconds);
            return $"{Quantity.Count(MessagesRedirected)} of {Quantity.Of(MessagesRedirected + MessagesOverTcp, "message")} "
                + $"({Quantity.Bytes(BytesRedirected)} of {Quantity.Bytes(BytesRedirected + BytesOverTcp)}) skipped TCP, every byte came back as it was sent, and a round trip "
                + $"took {Quantity.Microseconds(after)} instead of {Quantity.Microseconds(before)} "
                + $"({Quantity.Ratio(before / after)} times as fast).";
        }
    }

    /// <summary>The median over the rounds.</summary>
    public double TypicalOf(Func<DemoRound, double> value)
    {
        double[] values = [.. Rounds.Select(value).Order()];
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
