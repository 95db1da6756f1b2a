using Sockmap.Workers;

namespace Sockmap.Tests.Workers;

/// <summary>Something else than a worker of ours.</summary>
internal sealed class ShellWorkerHost(string script) : IWorkerHost
{
    public WorkerCommand CommandFor(string job) => new("/bin/sh", ["-c", script]);
}
