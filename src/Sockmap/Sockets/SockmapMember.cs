using System.Diagnostics.CodeAnalysis;

namespace Sockmap.Sockets;

/// <summary>One entry of a SOCKMAP or SOCKHASH and the socket in it.</summary>
public sealed record SockmapMember : SocketDescription
{
    internal SockmapMember(SocketDescription socket)
        : base(socket)
    {
    }

    /// <summary>The key's bytes.</summary>
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "The bytes are the caller's own.")]
    public required byte[] KeyBytes { get; init; }

    /// <summary>The key as the map's BTF tells it; an index of a SOCKMAP; else its bytes.</summary>
    public required object? Key { get; init; }

    /// <summary>Redirected bytes that wait in the socket to be read; null where it is not known.</summary>
    public uint? QueuedBytes { get; init; }
}
