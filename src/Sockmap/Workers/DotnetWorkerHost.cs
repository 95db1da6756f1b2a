namespace Sockmap.Workers;

/// <summary>
/// Has any .NET program, such as pwsh, run our jobs: a startup hook (docs/design/features/host-startup-hook.md of
/// dotnet/runtime) runs before its Main, and the process ends with the job. Needs no dotnet on the machine.
/// </summary>
/// <param name="fileName">The program's path.</param>
/// <param name="arguments">Arguments that have it end at once where the hook does not run.</param>
public sealed class DotnetWorkerHost(string fileName, params IReadOnlyList<string> arguments) : IWorkerHost
{
    /// <summary>Names the job to the hook.</summary>
    internal const string JobVariable = "SOCKMAP_WORKER_JOB";

    private const string HookVariable = "DOTNET_STARTUP_HOOKS";

    /// <inheritdoc/>
    public WorkerCommand CommandFor(string job) => new(fileName, arguments)
    {
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [HookVariable] = typeof(DotnetWorkerHost).Assembly.Location,
            [JobVariable] = job,
        },
    };
}
