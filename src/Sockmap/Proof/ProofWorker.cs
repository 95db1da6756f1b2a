using System.Net;
using System.Text.Json;
using Sockmap.Filters;
using Sockmap.Workers;

namespace Sockmap.Proof;

/// <summary>
/// The process that goes into cgroups and makes connections there: a socket belongs to the cgroup of the process that made
/// it. Each connection stays open until the next request, for the parent to see its sockets in the kernel.
/// </summary>
internal static class ProofWorker
{
    /// <summary>Its name among the jobs of workers.</summary>
    public const string Job = "proof";

    /// <summary>Does what the parent says, until it ends.</summary>
    public static void Run(ParentLink parent)
    {
        CheckedConnection? connection = null;
        while (true)
        {
            ProofRequest request = JsonSerializer.Deserialize(parent.Read(), ProofJsonContext.Default.ProofRequest)
                ?? throw new WorkerException("The parent asked for nothing.");
            connection?.Dispose();
            (connection, ProofReply reply) = Connect(request);
            parent.Write(JsonSerializer.Serialize(reply, ProofJsonContext.Default.ProofReply));
        }
    }

    private static (CheckedConnection? Connection, ProofReply Reply) Connect(ProofRequest request)
    {
        try
        {
            WorkerCgroup.Join(request.Cgroup);
        }
        catch (WorkerException e)
        {
            return (null, new ProofReply { Outcome = ProofOutcome.NotJoined, Detail = e.Message });
        }

        CheckedConnection? connection = null;
        ProofOutcome outcome = ProofOutcome.Done;
        string detail = string.Empty;
        try
        {
            connection = CheckedConnection.TryOpen(
                request.Addresses.Select(IPAddress.Parse),
                [.. request.Ports.Select(PortRange.Parse)],
                TimeSpan.FromMilliseconds(request.StallMilliseconds),
                out string problem);
            if (connection is null)
            {
                return (null, new ProofReply { Outcome = ProofOutcome.NoPort, Detail = problem });
            }

            connection.Exchange();
        }
        catch (WorkerException e)
        {
            outcome = ProofOutcome.Broken;
            detail = e.Message;
        }

        return (connection, new ProofReply
        {
            Outcome = outcome,
            Detail = detail,
            Address = connection?.Address.ToString(),
            Port = connection?.Port ?? 0,
            Client = connection?.Client,
            Server = connection?.Server,
        });
    }
}
