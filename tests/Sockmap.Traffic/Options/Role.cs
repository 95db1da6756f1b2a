namespace Sockmap.Traffic.Options;

/// <summary>Which end of the connections this process is.</summary>
public enum Role
{
    Server,
    Client,
}
