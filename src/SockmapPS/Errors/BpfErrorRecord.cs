using System.Management.Automation;
using Sockmap.Bpf;

namespace SockmapPS.Errors;

/// <summary>What goes wrong with the kernel's bpf objects, as error records. Maps' entries and object files have kinds of errors of their own.</summary>
internal static class BpfErrorRecord
{
    /// <summary>Whether an exception is one that is thrown for a reason that lies outside of us.</summary>
    public static bool IsExpected(Exception exception) => exception is BpfException or InvalidDataException or ArgumentException;

    /// <summary>A record with a stable id and a category; the exception is kept as it came.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="target">What it is about.</param>
    /// <param name="whileChanging">Whether something was to be changed: EINVAL says then that the kernel would not, and else that the object is another than was meant.</param>
    public static ErrorRecord ToErrorRecord(this Exception exception, object? target, bool whileChanging = false)
    {
        (string id, ErrorCategory category) = exception switch
        {
            UnsupportedFeatureException => ("KernelUnsupported", ErrorCategory.NotImplemented),
            BpfException { Errno: Errno.EINVAL } when !whileChanging => ("WrongObject", ErrorCategory.InvalidArgument),
            BpfException bpf => Classify(bpf.Errno),
            InvalidDataException => ("WrongObject", ErrorCategory.InvalidArgument),
            _ => ("InvalidArgument", ErrorCategory.InvalidArgument),
        };
        return new ErrorRecord(exception, id, category, target)
        {
            ErrorDetails = new ErrorDetails(Sentence(exception)) { RecommendedAction = exception is BpfException ? "Get-Error shows errno." : "" },
        };
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
