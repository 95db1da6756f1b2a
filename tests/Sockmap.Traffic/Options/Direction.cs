namespace Sockmap.Traffic.Options;

/// <summary>One way of a connection: up is client to server, down is server to client.</summary>
public enum Direction
{
    Up,
    Down,
}
