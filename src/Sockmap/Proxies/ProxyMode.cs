namespace Sockmap.Proxies;

/// <summary>Who moves a connection's bytes.</summary>
public enum ProxyMode
{
    /// <summary>It has no target yet.</summary>
    Connecting,

    /// <summary>The kernel.</summary>
    Spliced,

    /// <summary>The proxy's process.</summary>
    Copied,
}
