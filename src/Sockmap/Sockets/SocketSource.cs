namespace Sockmap.Sockets;

/// <summary>Where a listing of sockets comes from.</summary>
public enum SocketSource
{
    /// <summary>A bpf iterator: one pass in the kernel.</summary>
    Iterator,

    /// <summary>/proc/PID/fd, sock_diag(7) and, for a sockmap, one system call for each key.</summary>
    Proc,
}
