namespace Sockmap.Workers;

/// <summary>
/// How a process of ours is started where the caller runs: work that has to be done inside a cgroup is done by a process of
/// its own, since the caller's has to stay where it is.
/// </summary>
public interface IWorkerHost
{
    /// <summary>The program that calls <see cref="WorkerJobs.Run"/> with this job.</summary>
    public WorkerCommand CommandFor(string job);
}
