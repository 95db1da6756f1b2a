using System.Globalization;
using System.Text.Json;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Cli.Output;
using Sockmap.Entries;
using Sockmap.Workers;

namespace Sockmap.Cli.Demo;

/// <summary>Sets the demo up, runs it, and takes everything away again, whatever happens.</summary>
internal sealed class DemoRun(BypassManager manager, Action<string> tell)
{
    private const int RoundCount = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Runs the demo; a few seconds.</summary>
    /// <exception cref="BypassException">A privilege, the kernel or the machine does not allow it.</exception>
    /// <exception cref="DemoException">Bytes stayed unread when the bypass was removed.</exception>
    /// <exception cref="WorkerException">It broke: a wrong byte, or a process that died or hung.</exception>
    public async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        // Disposed in reverse: first the processes, then the bypass, then the cgroup.
        using WorkerCgroup cgroup = WorkerCgroup.Create(CgroupHierarchy.FindRoot(), "sockmap-demo");
        using DemoBypass bypass = new(manager, $"demo-{Environment.ProcessId}", cgroup.Path);
        using WorkerProcess server = WorkerProcess.Start(OwnWorkerHost.Rerun("demo-server", "--cgroup", cgroup.Path), "the server");
        string port = await server.ReadAsync(Patience, cancellationToken);
        using WorkerProcess client = WorkerProcess.Start(OwnWorkerHost.Rerun("demo-client", "--cgroup", cgroup.Path, "--port", port), "the client");
        tell($"cgroup   {cgroup.Path}, made for this demo");
        tell($"server   process {server.Id}, echoes on 127.0.0.1:{port}");
        tell($"client   process {client.Id}, on the same CPU, verifies each byte that comes back");
        tell($"bypass   {bypass.Name}, on this cgroup only, installed for the second half of each round");

        // Not measured: both processes compile their code in it.
        await MeasureAsync(client, cancellationToken);
        await CloseAsync(client, cancellationToken);

        List<DemoRound> rounds = [];
        List<BypassStatus> statuses = [];
        IReadOnlyList<SockmapEntry> entries = [];
        for (int number = 1; number <= RoundCount; number++)
        {
            DemoMeasurement tcp = await MeasureAsync(client, cancellationToken);
            await CloseAsync(client, cancellationToken);

            bypass.Install(cancellationToken);
            DemoMeasurement bypassed = await MeasureAsync(client, cancellationToken);
            statuses.Add(bypass.ReadStatus());
            entries = bypass.ReadEntries();

            // With the connection open: it goes on over TCP.
            bypass.Remove(cancellationToken);
            await CloseAsync(client, cancellationToken);

            rounds.Add(new DemoRound(tcp, bypassed));
            tell(string.Create(
                CultureInfo.InvariantCulture,
                $"round {number}  {Quantity.Microseconds(tcp.MedianNanoseconds)} over TCP, {Quantity.Microseconds(bypassed.MedianNanoseconds)} with the bypass"));
        }

        return new DemoReport
        {
            Bypass = bypass.Name,
            Variant = statuses[^1].Variant,
            Cgroup = cgroup.Path,
            ServerProcessId = server.Id,
            ClientProcessId = client.Id,
            Rounds = rounds,
            Entries = entries,
            MessagesRedirected = Sum(statuses, status => status.MessagesRedirected),
            BytesRedirected = Sum(statuses, status => status.BytesRedirected),
            MessagesOverTcp = Sum(statuses, status => status.MessagesOverTcp),
            BytesOverTcp = Sum(statuses, status => status.BytesOverTcp),
        };
    }

    private static ulong Sum(List<BypassStatus> statuses, Func<BypassStatus, ulong> counter) =>
        statuses.Aggregate(0ul, (sum, status) => sum + counter(status));

    private static async Task<DemoMeasurement> MeasureAsync(WorkerProcess client, CancellationToken cancellationToken)
    {
        await client.WriteAsync(EchoClient.MeasureCommand, cancellationToken);
        return JsonSerializer.Deserialize(await client.ReadAsync(Patience, cancellationToken), CliJsonContext.Default.DemoMeasurement)!;
    }

    private static async Task CloseAsync(WorkerProcess client, CancellationToken cancellationToken)
    {
        await client.WriteAsync(EchoClient.CloseCommand, cancellationToken);
        await client.ReadAsync(Patience, cancellationToken);
    }
}
