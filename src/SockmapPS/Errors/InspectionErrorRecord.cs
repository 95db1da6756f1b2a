using System.Management.Automation;
using Sockmap.Bpf;

namespace SockmapPS.Errors;

/// <summary>Errors met while the kernel's objects are looked at, as error records.</summary>
internal static class InspectionErrorRecord
{
    /// <summary>A record with an id and a category by the error's number; the exception is kept as it came.</summary>
    public static ErrorRecord ToErrorRecord(this Exception exception, object? target)
    {
        (string id, ErrorCategory category) = exception switch
        {
            BpfException { Errno: Errno.EPERM or Errno.EACCES } => ("PermissionDenied", ErrorCategory.PermissionDenied),
            BpfException { Errno: Errno.ENOENT or Errno.ENODEV } => ("ObjectNotFound", ErrorCategory.ObjectNotFound),
            BpfException { Errno: Errno.EINVAL or Errno.EBADF or Errno.ENOTDIR } => ("WrongObject", ErrorCategory.InvalidArgument),
            InvalidDataException => ("WrongObject", ErrorCategory.InvalidArgument),
            _ => ("KernelRefused", ErrorCategory.InvalidOperation),
        };
        return new ErrorRecord(exception, id, category, target)
        {
            ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = "Get-Error shows errno." },
        };
    }
}
