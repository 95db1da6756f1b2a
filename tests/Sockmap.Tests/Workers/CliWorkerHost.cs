using Sockmap.Workers;

namespace Sockmap.Tests.Workers;

/// <summary>Workers as the sockmap command starts them.</summary>
internal sealed class CliWorkerHost : IWorkerHost
{
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "Sockmap.Cli");

    public WorkerCommand CommandFor(string job) => new(Program, ["worker", job]);
}
