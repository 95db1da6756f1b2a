using System.Runtime.Loader;
using Sockmap.Workers;

/// <summary>What .NET calls before Main where DOTNET_STARTUP_HOOKS names this assembly; it wants this name, in no namespace.</summary>
#pragma warning disable MA0047, CA1050 // See above.
internal static class StartupHook
#pragma warning restore MA0047, CA1050
{
    /// <summary>Does the job that <see cref="DotnetWorkerHost"/> asked for, and ends the process.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(DotnetWorkerHost.JobVariable) is not { } job)
        {
            return;
        }

        // The program knows nothing of what we depend on.
        string folder = Path.GetDirectoryName(typeof(StartupHook).Assembly.Location)!;
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            Path.Combine(folder, name.Name + ".dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
        Environment.Exit(WorkerJobs.Run(job, Console.In, Console.Out, Console.Error));
    }
}
