using Sockmap.Traffic.Reporting;

namespace Sockmap.TestKit.Traffic;

/// <summary>How a traffic process ended. <see cref="Result"/> is null when it gave none: bad arguments, or killed.</summary>
public sealed record TrafficOutcome(int ProcessExitCode, TrafficResult? Result, string StandardError)
{
    public bool Succeeded => ProcessExitCode == 0 && Result is { ExitCode: ExitCode.Success };

    public IReadOnlyList<TrafficError> Errors => Result?.Errors ?? [];

    public override string ToString() => Result is null
        ? $"exit {ProcessExitCode}, no result; {StandardError.Trim()}"
        : $"{Result.ExitCode}: {string.Join("; ", Result.Errors.Select(e => $"[{e.Kind} {e.Direction} port {e.ClientPort}] {e.Message}"))} "
            + string.Join(", ", Result.Connections.Select(c =>
                $"{c.LocalAddress}:{c.LocalPort}-{c.RemoteAddress}:{c.RemotePort} sent {c.BytesSent} received {c.BytesReceived} EAGAIN {c.SpuriousEagain}"))
            + (StandardError.Length > 0 ? $"; stderr: {StandardError.Trim()}" : string.Empty);
}
