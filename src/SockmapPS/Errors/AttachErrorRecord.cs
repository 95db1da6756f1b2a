using System.Management.Automation;
using Sockmap.Bpf;

namespace SockmapPS.Errors;

/// <summary>What goes wrong in attaching and pinning, as error records.</summary>
internal static class AttachErrorRecord
{
    /// <summary>Whether an exception is one that attaching and pinning throw for a reason that lies outside of us.</summary>
    public static bool IsExpected(Exception exception) => exception is BpfException or InvalidDataException or ArgumentException;

    /// <summary>A record with a stable id; the exception is kept as it came.</summary>
    public static ErrorRecord Create(Exception exception, object? target)
    {
        (string id, ErrorCategory category) = exception switch
        {
            UnsupportedFeatureException => ("KernelUnsupported", ErrorCategory.NotImplemented),
            BpfException bpf => Classify(bpf.Errno),
            InvalidDataException => ("WrongObject", ErrorCategory.InvalidArgument),
            _ => ("InvalidArgument", ErrorCategory.InvalidArgument),
        };
        return new ErrorRecord(exception, id, category, target) { ErrorDetails = new ErrorDetails(Sentence(exception)) };
    }

    private static (string Id, ErrorCategory Category) Classify(int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENODEV => ("ObjectNotFound", ErrorCategory.ObjectNotFound),
        Errno.EPERM or Errno.EACCES => ("PermissionDenied", ErrorCategory.PermissionDenied),
        Errno.EEXIST => ("AlreadyExists", ErrorCategory.ResourceExists),
        Errno.EBUSY or Errno.ENOTEMPTY => ("InUse", ErrorCategory.ResourceBusy),
        Errno.EBADF or Errno.ENOTDIR => ("WrongObject", ErrorCategory.InvalidArgument),
        _ => ("KernelRefused", ErrorCategory.InvalidOperation),
    };

    // .NET puts the name of a parameter of ours behind the sentence.
    private static string Sentence(Exception exception) => exception is ArgumentException { ParamName: { } name }
        ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
        : exception.Message;
}
