using System.Management.Automation;
using Sockmap.Bpf;

namespace SockmapPS.Errors;

/// <summary>The one place where an error about a map becomes an error record.</summary>
internal static class MapErrorRecord
{
    /// <summary>A record whose id is the name of the <see cref="MapError"/>; the exception is kept as it came.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="error">What it means.</param>
    /// <param name="target">The map or key that it is about.</param>
    /// <param name="message">A better sentence than the exception's; null to keep that.</param>
    public static ErrorRecord ToErrorRecord(this Exception exception, MapError error, object? target, string? message = null) =>
        new(exception, error.ToString(), CategoryOf(error), target)
        {
            ErrorDetails = new ErrorDetails(message ?? SentenceOf(exception)) { RecommendedAction = AdviceFor(error) },
        };

    /// <summary>What an error of opening a map means.</summary>
    public static MapError OfOpening(Exception exception) => exception switch
    {
        BpfException { Errno: Errno.ENOENT } => MapError.MapNotFound,
        InvalidDataException => MapError.NotAMap,
        _ => Other(exception),
    };

    /// <summary>What an error means that only its number tells of.</summary>
    public static MapError Other(Exception exception) => exception switch
    {
        BpfException { Errno: Errno.EPERM or Errno.EACCES } => MapError.PermissionDenied,
        BpfException { Errno: Errno.EOPNOTSUPP or Errno.ENOTSUPP } or NotSupportedException => MapError.NotSupportedByMap,
        _ => MapError.KernelRefused,
    };

    /// <summary>The message without the name of a parameter of ours, which .NET puts behind it.</summary>
    private static string SentenceOf(Exception exception) => exception is ArgumentException { ParamName: { } name }
        ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
        : exception.Message;

    private static ErrorCategory CategoryOf(MapError error) => error switch
    {
        MapError.MapNotFound or MapError.KeyNotFound or MapError.ReferenceNotFound => ErrorCategory.ObjectNotFound,
        MapError.PermissionDenied or MapError.MapFrozen => ErrorCategory.PermissionDenied,
        MapError.NotAMap or MapError.InvalidKey or MapError.InvalidValue or MapError.InvalidMapSetting or MapError.InvalidPinPath => ErrorCategory.InvalidArgument,
        MapError.KeyExists or MapError.PinExists => ErrorCategory.ResourceExists,
        MapError.MapFull => ErrorCategory.LimitsExceeded,
        MapError.NotSupportedByMap or MapError.ValuesNotReadable => ErrorCategory.NotImplemented,
        _ => ErrorCategory.InvalidOperation,
    };

    private static string AdviceFor(MapError error) => error switch
    {
        MapError.MapNotFound => "Get-BpfMap lists the maps that there are, and where they are pinned.",
        MapError.PermissionDenied => "Maps are opened by their id with CAP_SYS_ADMIN; a pin is opened by whoever its file permissions let.",
        MapError.KernelRefused => "Get-Error shows errno.",
        _ => string.Empty,
    };
}
