using Sockmap.Bpf;

namespace Sockmap.Sockets;

/// <summary>A socket could not be reached; the message says why and the way out.</summary>
public sealed class SocketAccessException : Exception
{
    /// <summary>An error of a kind, with a message for people and the exception behind it, if any.</summary>
    public SocketAccessException(SocketAccessError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The kind.</summary>
    public SocketAccessError Error { get; }

    /// <summary>The kernel's positive error number; 0 where no call failed.</summary>
    public int Errno => (InnerException as BpfException)?.Errno ?? 0;

    internal static SocketAccessException Of(SocketAccessError error, string message, string operation, int errno) =>
        new(error, message, new BpfException(operation, errno));
}
