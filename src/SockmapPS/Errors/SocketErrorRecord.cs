using System.Management.Automation;
using Sockmap.Sockets;

namespace SockmapPS.Errors;

/// <summary>The one place where an error of reaching a socket becomes an error record.</summary>
internal static class SocketErrorRecord
{
    /// <summary>A record whose id is the name of the <see cref="SocketAccessError"/>; the exception is kept as it came.</summary>
    public static ErrorRecord ToErrorRecord(this SocketAccessException exception, object? target) =>
        new(exception, exception.Error.ToString(), CategoryOf(exception.Error), target)
        {
            ErrorDetails = new ErrorDetails(exception.Message),
        };

    private static ErrorCategory CategoryOf(SocketAccessError error) => error switch
    {
        SocketAccessError.ProcessNotFound or SocketAccessError.DescriptorClosed => ErrorCategory.ObjectNotFound,
        SocketAccessError.NotASocket or SocketAccessError.InvalidPath => ErrorCategory.InvalidArgument,
        SocketAccessError.PathTaken => ErrorCategory.ResourceExists,
        SocketAccessError.NobodyListens => ErrorCategory.ConnectionError,
        SocketAccessError.NoDescriptor => ErrorCategory.InvalidData,
        SocketAccessError.TimedOut => ErrorCategory.OperationTimeout,
        SocketAccessError.PermissionDenied => ErrorCategory.PermissionDenied,
        SocketAccessError.KernelUnsupported => ErrorCategory.NotImplemented,
        _ => ErrorCategory.InvalidOperation,
    };
}
