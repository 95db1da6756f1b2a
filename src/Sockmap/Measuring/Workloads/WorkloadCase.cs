using System.Globalization;

namespace Sockmap.Measuring.Workloads;

/// <summary>What both ways are measured with in one go.</summary>
/// <param name="Workload">The program.</param>
/// <param name="MessageSize">Bytes; 0 where it has no such setting.</param>
/// <param name="Connections">Connections at the same time.</param>
internal sealed record WorkloadCase(WorkloadProgram Workload, int MessageSize, int Connections)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Workload}{(MessageSize == 0 ? string.Empty : $", {MessageSize} bytes")}, {Connections} {(Connections == 1 ? "connection" : "connections")}");
}
