namespace SockmapPS.Output;

/// <summary>One entry of a map of sockets.</summary>
public sealed class BpfMapSocketEntry : BpfMapEntry
{
    /// <summary>The socket's cookie (SO_COOKIE), by which tools such as <c>ss -e</c> name it; null where the map has values of 4 bytes.</summary>
    public required ulong? Cookie { get; init; }
}
