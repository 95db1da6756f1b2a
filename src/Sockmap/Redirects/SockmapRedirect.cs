using System.Net;

namespace Sockmap.Redirects;

/// <summary>A redirect as the kernel shows it: flat, and every value read from its pins.</summary>
public sealed record SockmapRedirect
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whose bytes it takes, and where they go.</summary>
    public SockmapRedirectMode Mode { get; init; }

    /// <summary>What has become of it.</summary>
    public required RedirectState State { get; init; }

    /// <summary>The source, for people.</summary>
    public string From { get; init; } = string.Empty;

    /// <summary>The source's kind.</summary>
    public RedirectSocketKind FromKind { get; init; }

    /// <summary>The source's own address; null for a socket that is not of IP.</summary>
    public IPAddress? FromLocalAddress { get; init; }

    /// <summary>The source's own port, host order.</summary>
    public int FromLocalPort { get; init; }

    /// <summary>The address of the source's peer.</summary>
    public IPAddress? FromRemoteAddress { get; init; }

    /// <summary>The port of the source's peer.</summary>
    public int FromRemotePort { get; init; }

    /// <summary>The source's cookie (SO_COOKIE).</summary>
    public ulong FromCookie { get; init; }

    /// <summary>The source's inode, as in /proc/PID/fd.</summary>
    public ulong FromInode { get; init; }

    /// <summary>The source is open and in the redirect.</summary>
    public bool IsFromOpen { get; init; }

    /// <summary>Ids of the processes that hold the source.</summary>
    public IReadOnlyList<int> FromProcessId { get; init; } = [];

    /// <summary>Their names.</summary>
    public IReadOnlyList<string> FromProcessName { get; init; } = [];

    /// <summary>The target, for people.</summary>
    public string To { get; init; } = string.Empty;

    /// <summary>The target's kind.</summary>
    public RedirectSocketKind ToKind { get; init; }

    /// <summary>The target's own address; null for a socket that is not of IP.</summary>
    public IPAddress? ToLocalAddress { get; init; }

    /// <summary>The target's own port, host order.</summary>
    public int ToLocalPort { get; init; }

    /// <summary>The address of the target's peer.</summary>
    public IPAddress? ToRemoteAddress { get; init; }

    /// <summary>The port of the target's peer.</summary>
    public int ToRemotePort { get; init; }

    /// <summary>The target's cookie (SO_COOKIE).</summary>
    public ulong ToCookie { get; init; }

    /// <summary>The target's inode, as in /proc/PID/fd.</summary>
    public ulong ToInode { get; init; }

    /// <summary>The target is open and in the redirect.</summary>
    public bool IsToOpen { get; init; }

    /// <summary>Ids of the processes that hold the target.</summary>
    public IReadOnlyList<int> ToProcessId { get; init; } = [];

    /// <summary>Their names.</summary>
    public IReadOnlyList<string> ToProcessName { get; init; } = [];

    /// <summary>Messages, or buffers of a stream, that were redirected.</summary>
    public ulong RedirectedMessages { get; init; }

    /// <summary>Bytes that were redirected.</summary>
    public ulong RedirectedBytes { get; init; }

    /// <summary>Sends that got EACCES, as the target was full or closed.</summary>
    public ulong RefusedMessages { get; init; }

    /// <summary>Their bytes, which the sender was told were not sent.</summary>
    public ulong RefusedBytes { get; init; }

    /// <summary>Messages that came in and were left in the source's receive queue, as the target was full or closed.</summary>
    public ulong KeptMessages { get; init; }

    /// <summary>Their bytes.</summary>
    public ulong KeptBytes { get; init; }

    /// <summary>Messages that came in and were thrown away, as the target was full.</summary>
    public ulong DroppedMessages { get; init; }

    /// <summary>Their bytes.</summary>
    public ulong DroppedBytes { get; init; }

    /// <summary>Redirected bytes that can be read from the target and have not been.</summary>
    public ulong QueuedBytes { get; init; }

    /// <summary>Memory of what is on its way into the target or through it.</summary>
    public ulong HeldBytes { get; init; }

    /// <summary>Bytes in the source's receive queue that came over the redirect's program and have not been read.</summary>
    public ulong UnreadBytes { get; init; }

    /// <summary>Memory that may wait for the target, in bytes.</summary>
    public ulong QueueLimit { get; init; }

    /// <summary>When it was made, local time.</summary>
    public DateTime CreatedAt { get; init; }

    /// <summary>
    /// Threads that sat in a receive of the target when the redirect was made, and that its bytes do not wake: they return
    /// when something comes the ordinary way. Only of what making it gives; nobody can tell later.
    /// </summary>
    public IReadOnlyList<string> BlockedReader { get; init; } = [];

    /// <summary>Its folder on bpffs.</summary>
    public required string Path { get; init; }

    /// <summary>Root of the bpffs that it is in.</summary>
    public required string BpfFileSystem { get; init; }
}
