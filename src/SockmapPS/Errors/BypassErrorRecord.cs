using System.Management.Automation;
using Sockmap.Bypasses;

namespace SockmapPS.Errors;

/// <summary>The one place where an error of the domain becomes an error record.</summary>
internal static class BypassErrorRecord
{
    /// <summary>A record whose id is the name of the <see cref="BypassError"/>; the exception is kept as it came.</summary>
    public static ErrorRecord ToErrorRecord(this BypassException exception, object? target) =>
        new(exception, exception.Error.ToString(), CategoryOf(exception.Error), target)
        {
            ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = AdviceFor(exception.Error) },
        };

    /// <summary>No other record of the same pipeline could fare better.</summary>
    public static bool IsHopeless(this BypassError error) =>
        error is BypassError.PermissionDenied or BypassError.KernelUnsupported or BypassError.NoCgroupMount;

    private static ErrorCategory CategoryOf(BypassError error) => error switch
    {
        BypassError.InvalidSetting or BypassError.NotACgroup => ErrorCategory.InvalidArgument,
        BypassError.RedirectNotFound or BypassError.BypassNotFound or BypassError.CgroupNotFound or BypassError.EntryNotFound or BypassError.ConnectionNotFound or BypassError.ProxyNotFound or BypassError.PolicyNotFound or BypassError.PolicyRuleNotFound => ErrorCategory.ObjectNotFound,
        BypassError.BypassSettingsDiffer or BypassError.RedirectExists or BypassError.ProxyExists or BypassError.PolicyExists or BypassError.PolicyOverlap => ErrorCategory.ResourceExists,
        BypassError.BypassForeign or BypassError.RedirectForeign or BypassError.PolicyForeign => ErrorCategory.InvalidData,
        BypassError.BypassLocked or BypassError.TooManyWatchers or BypassError.EntryNotDrained or BypassError.SocketTaken or BypassError.BytesUnread => ErrorCategory.ResourceBusy,
        BypassError.NoCgroupMount or BypassError.NoBpfFileSystem or BypassError.SocketNotAccessible or BypassError.CgroupNotUsable or BypassError.AddressNotUsable => ErrorCategory.ResourceUnavailable,
        BypassError.ProxyNotStopped => ErrorCategory.OperationTimeout,
        BypassError.TooManyRules => ErrorCategory.LimitsExceeded,
        BypassError.PermissionDenied => ErrorCategory.PermissionDenied,
        BypassError.KernelUnsupported or BypassError.RedirectUnsupported => ErrorCategory.NotImplemented,
        BypassError.BypassNotActive or BypassError.SocketNotSuitable or BypassError.ConnectionNotTaken or BypassError.KernelRefused or BypassError.BypassNotProvable or BypassError.NotMeasurable or BypassError.WorkerFailed => ErrorCategory.InvalidOperation,
        _ => ErrorCategory.NotSpecified,
    };

    /// <summary>What PowerShell can add: the message itself has the way out.</summary>
    private static string AdviceFor(BypassError error) => error switch
    {
        BypassError.PermissionDenied or BypassError.NoCgroupMount or BypassError.KernelUnsupported =>
            "Test-SockmapSupport -Detailed shows what is missing.",
        BypassError.KernelRefused => "Get-Error shows errno, and the verifier's log where there is one.",
        _ => string.Empty,
    };
}
