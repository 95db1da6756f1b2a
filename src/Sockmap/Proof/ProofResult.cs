using System.Net;

namespace Sockmap.Proof;

/// <summary>
/// Whether a connection inside a bypass skipped TCP, and what the kernel counted. All numbers are those of the very
/// sockets of the proof, both ends together; no other traffic is in them.
/// </summary>
public sealed record ProofResult
{
    /// <summary>The bypass.</summary>
    public required string Bypass { get; init; }

    /// <summary>True where no finding failed: bytes skipped TCP inside the bypass, and none did outside.</summary>
    public required bool Passed { get; init; }

    /// <summary>What came of it, in one sentence; where it failed, why.</summary>
    public required string Summary { get; init; }

    /// <summary>Each thing that was looked at.</summary>
    public required IReadOnlyList<ProofFinding> Finding { get; init; }

    /// <summary>The cgroup that the connection inside was made in; it is gone.</summary>
    public required string Cgroup { get; init; }

    /// <summary>Address of both ends inside.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Port that was listened on inside, host order.</summary>
    public required int Port { get; init; }

    /// <summary>Port that connected inside, host order.</summary>
    public required int ClientPort { get; init; }

    /// <summary>Bytes sent inside, by the sockets' own count.</summary>
    public required ulong BytesSent { get; init; }

    /// <summary>Messages that skipped TCP inside, as the bypass's program counts them.</summary>
    public required ulong MessagesRedirected { get; init; }

    /// <summary>Bytes that skipped TCP inside, as the bypass's program counts them.</summary>
    public required ulong BytesRedirected { get; init; }

    /// <summary>Messages that went over TCP inside, as the bypass's program counts them.</summary>
    public required ulong MessagesOverTcp { get; init; }

    /// <summary>Bytes that went over TCP inside, as TCP itself counts them (TCP_INFO).</summary>
    public required ulong BytesOverTcp { get; init; }

    /// <summary>The cgroup that the connection for contrast was made in; null where none was made.</summary>
    public string? OutsideCgroup { get; init; }

    /// <summary>Address of both its ends.</summary>
    public IPAddress? OutsideAddress { get; init; }

    /// <summary>Port that it was listened on, host order; 0 where there was none.</summary>
    public int OutsidePort { get; init; }

    /// <summary>Bytes sent over it.</summary>
    public ulong OutsideBytesSent { get; init; }

    /// <summary>Bytes of it that skipped TCP by this bypass.</summary>
    public ulong OutsideBytesRedirected { get; init; }

    /// <summary>Bytes of it that went over TCP, as TCP itself counts them (TCP_INFO).</summary>
    public ulong OutsideBytesOverTcp { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }
}
