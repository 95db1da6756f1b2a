using System.Globalization;
using Sockmap.Bypasses.Layout;
using Sockmap.Support.Checks;

namespace Sockmap.Support.Experiments;

/// <summary>Runs an experiment side by side: TCP first, which shows that the experiment works here, then a bypassed pair.</summary>
internal static class ExperimentRun
{
    public static Finding Run(ExperimentBench bench, Experiment experiment)
    {
        Observation plain;
        using (LoopbackPair pair = LoopbackPair.Connect())
        {
            plain = experiment.Observe(pair);
        }

        if (plain.State != SupportState.Supported)
        {
            return Finding.Unknown(
                plain.State == SupportState.Unknown ? plain.Tried : $"{plain.Tried} {plain.Seen} over plain TCP, so that the experiment says nothing here.",
                string.Empty);
        }

        using LoopbackPair bypassed = bench.ConnectBypassed();
        if (WarmUp(bypassed) is { } failure)
        {
            return Finding.Unknown(failure, string.Empty);
        }

        EntryState before = bench.ReadState(bypassed.Sender);
        Observation observation = experiment.Observe(bypassed);
        EntryState after = bench.ReadState(bypassed.Sender);
        if (experiment.NeedsRedirect && (after.Listed.RedirectedBytes == before.Listed.RedirectedBytes || after.Listed.TcpBytes != 0))
        {
            return Finding.Unknown(
                string.Create(CultureInfo.InvariantCulture, $"The experiment's bytes were not redirected ({after.Listed.RedirectedBytes - before.Listed.RedirectedBytes} were, {after.Listed.TcpBytes} went over TCP), so that it says nothing."),
                string.Empty);
        }

        return observation.State switch
        {
            SupportState.Supported => Finding.Supported($"{observation.Tried} {observation.Seen}, as over TCP."),
            SupportState.Unsupported => Finding.Unsupported($"{observation.Tried} {observation.Seen}; over TCP {plain.Seen}.", experiment.Remedy),
            _ => Finding.Unknown(observation.Tried, string.Empty),
        };
    }

    /// <summary>
    /// One message, read at once: from then on the direction is redirected whatever the experiment does with epoll, which
    /// keeps a fresh one on TCP where the kernel hides its symbols.
    /// </summary>
    private static string? WarmUp(LoopbackPair pair)
    {
        byte[] message = Messages.Create();
        int sent = pair.Send(message);
        pair.WaitReadable();
        int read = pair.Receive(message);
        return sent == Messages.Length && read == Messages.Length
            ? null
            : $"The first message over the bypassed pair gave {Messages.Describe(sent)} on sending and {Messages.Describe(read)} on reading.";
    }
}
