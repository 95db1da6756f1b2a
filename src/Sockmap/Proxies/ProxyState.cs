namespace Sockmap.Proxies;

/// <summary>What a proxy does.</summary>
public enum ProxyState
{
    /// <summary>Its process has ended without clearing up; what is shown is what it left.</summary>
    Stopped,

    /// <summary>It takes connections.</summary>
    Running,

    /// <summary>It listens no more, and waits for those that it has to end.</summary>
    Stopping,
}
