using System.Runtime.InteropServices;
using Sockmap.Measuring;
using Sockmap.Proof;
using Sockmap.Proxies;

namespace Sockmap.Workers;

/// <summary>The work that processes of ours do, by name.</summary>
public static class WorkerJobs
{
    private const int Failed = 1;
    private const int Unknown = 2;

    // The proxy's goes on when its parent ends, so that it does not listen to it longer than it has to.
    private static readonly Dictionary<string, Action<TextReader, TextWriter>> Jobs = new(StringComparer.Ordinal)
    {
        [ProofWorker.Job] = (input, output) => ProofWorker.Run(new ParentLink(input, output)),
        [MeasureWorker.ServerJob] = (input, output) => MeasureWorker.RunServer(new ParentLink(input, output)),
        [MeasureWorker.ClientJob] = (input, output) => MeasureWorker.RunClient(new ParentLink(input, output)),
        [ProxyWorker.Job] = ProxyWorker.Run,
    };

    /// <summary>
    /// Does a job, told and asked by lines, until the parent's lines end; then the whole process does.
    /// </summary>
    /// <returns>The exit code of a job that could not go on: why is a line on <paramref name="error"/>.</returns>
    public static int Run(string job, TextReader input, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (!Jobs.TryGetValue(job, out Action<TextReader, TextWriter>? work))
        {
            error.WriteLine($"There is no job '{job}' in this version of Sockmap.");
            return Unknown;
        }

        // Ctrl+C goes to all processes of a terminal; ours end when their parent says so, or ends.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        try
        {
            work(input, output);
            return 0;
        }
        catch (WorkerException e)
        {
            error.WriteLine(e.Message);
            return Failed;
        }
    }
}
