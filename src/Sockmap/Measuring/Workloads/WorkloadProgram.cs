namespace Sockmap.Measuring.Workloads;

/// <summary>A real program that can be measured.</summary>
public enum WorkloadProgram
{
    /// <summary>Redis by redis-benchmark: SET and GET without pipelining.</summary>
    Redis,

    /// <summary>iperf3: one way as fast as it goes.</summary>
    Iperf3,

    /// <summary>sockperf's ping-pong: round trips.</summary>
    Sockperf,

    /// <summary>PostgreSQL by pgbench: a row by its primary key, in prepared statements.</summary>
    Postgres,
}
