namespace Sockmap.Sockets;

/// <summary>What kept a socket from being reached. The names are stable: scripts may rely on them.</summary>
public enum SocketAccessError
{
    /// <summary>There is no such process (any more).</summary>
    ProcessNotFound,

    /// <summary>The process has closed the descriptor.</summary>
    DescriptorClosed,

    /// <summary>The descriptor's number belongs to another socket or file by now.</summary>
    DescriptorReused,

    /// <summary>The descriptor is no socket.</summary>
    NotASocket,

    /// <summary>A message came without a descriptor, with several, or the other end closed.</summary>
    NoDescriptor,

    /// <summary>The path of a UNIX socket is too long, or cannot be used.</summary>
    InvalidPath,

    /// <summary>Something is at the path of a UNIX socket already.</summary>
    PathTaken,

    /// <summary>No process listens at the path of a UNIX socket.</summary>
    NobodyListens,

    /// <summary>Nothing came in time.</summary>
    TimedOut,

    /// <summary>The process lacks a privilege.</summary>
    PermissionDenied,

    /// <summary>The kernel lacks a system call.</summary>
    KernelUnsupported,

    /// <summary>The kernel refused; the inner exception has errno.</summary>
    KernelRefused,
}
