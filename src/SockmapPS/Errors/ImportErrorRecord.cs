using System.Management.Automation;
using Sockmap.Bpf;
using Sockmap.Bpf.Loading;

namespace SockmapPS.Errors;

/// <summary>The one place where an error of loading an object becomes an error record.</summary>
internal static class ImportErrorRecord
{
    /// <summary>Whether an exception is one that loading an object throws.</summary>
    public static bool IsExpected(Exception exception) => exception is BpfException or BpfFormatException or BpfRelocationException
        or MapMismatchException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException;

    /// <summary>A record whose id is the name of the <see cref="ImportError"/>; the exception is kept as it came.</summary>
    public static ErrorRecord Create(Exception exception, ImportError error, object? target) =>
        new(exception, error.ToString(), CategoryOf(error), target)
        {
            ErrorDetails = new ErrorDetails(MessageOf(exception)) { RecommendedAction = AdviceFor(error) },
        };

    /// <summary>A record for what loading or pinning threw.</summary>
    public static ErrorRecord Create(Exception exception, object? target) => Create(exception, Classify(exception), target);

    /// <summary>The verifier's whole log, where there is one.</summary>
    public static string? VerifierLogOf(Exception exception) => VerifierFault(exception)?.VerifierLog;

    private static VerifierException? VerifierFault(Exception exception) => exception as VerifierException ?? exception.InnerException as VerifierException;

    private static ImportError Classify(Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => ImportError.FileNotFound,
        InvalidDataException or MapMismatchException => ImportError.MapMismatch,
        IOException or UnauthorizedAccessException => ImportError.FileNotReadable,
        BpfFormatException => ImportError.InvalidObject,
        BpfRelocationException => ImportError.KernelLacks,
        VerifierException => ImportError.VerifierRefused,
        ArgumentException => ImportError.InvalidPinPath,
        BpfException { Errno: Errno.EEXIST } => ImportError.PinExists,
        BpfException { Errno: Errno.EPERM or Errno.EACCES } => ImportError.PermissionDenied,
        _ => ImportError.KernelRefused,
    };

    private static string MessageOf(Exception exception) => exception switch
    {
        VerifierException verifier => $"{verifier.Operation}: {verifier.ErrnoName} ({verifier.Errno}), {Errno.GetDescription(verifier.Errno)}. The verifier says:\n{VerifierLogSummary.Create(verifier.VerifierLog)}",
        BpfRelocationException when VerifierFault(exception) is { } verifier => $"{exception.Message} The verifier says:\n{VerifierLogSummary.Create(verifier.VerifierLog)}",
        ArgumentException { ParamName: { } name } => exception.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal),
        _ => exception.Message,
    };

    private static ErrorCategory CategoryOf(ImportError error) => error switch
    {
        ImportError.FileNotFound or ImportError.ProgramNotFound or ImportError.MapNotFound or ImportError.ReplacementNotFound => ErrorCategory.ObjectNotFound,
        ImportError.FileNotReadable => ErrorCategory.ReadError,
        ImportError.InvalidObject => ErrorCategory.InvalidData,
        ImportError.InvalidReplacement or ImportError.MapMismatch or ImportError.InvalidPinPath or ImportError.AmbiguousPinName => ErrorCategory.InvalidArgument,
        ImportError.KernelLacks => ErrorCategory.NotImplemented,
        ImportError.PinExists => ErrorCategory.ResourceExists,
        ImportError.PermissionDenied => ErrorCategory.PermissionDenied,
        _ => ErrorCategory.InvalidOperation,
    };

    private static string AdviceFor(ImportError error) => error switch
    {
        ImportError.VerifierRefused => "-Verbose shows the verifier's whole log.",
        ImportError.PinExists => "Remove the pin, or choose another -PinPath or -PinName. Nothing was left pinned.",
        ImportError.PermissionDenied => "Loading needs CAP_BPF, with CAP_NET_ADMIN for network programs and CAP_PERFMON for tracing.",
        ImportError.KernelRefused => "Get-Error shows errno.",
        _ => string.Empty,
    };
}
