namespace Sockmap.Entries;

/// <summary>Which way a direction's messages take.</summary>
public enum EntryPath
{
    /// <summary>Through the TCP/IP stack.</summary>
    Tcp,

    /// <summary>Straight into the other end's socket.</summary>
    Redirected,
}
