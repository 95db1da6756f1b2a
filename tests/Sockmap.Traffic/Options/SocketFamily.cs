namespace Sockmap.Traffic.Options;

/// <summary>Address families of the two ends; a mapped end is an AF_INET6 socket with a ::ffff:a.b.c.d address.</summary>
public enum SocketFamily
{
    V4,
    V6,
    MappedServer,
    MappedClient,
    MappedBoth,
}
