using System.Diagnostics;
using Sockmap.Bypasses;
using Sockmap.Cli.Demo;
using Sockmap.Workers;

namespace Sockmap.Cli;

/// <summary>Which exit code an error has, and what each means: the one place for both.</summary>
internal static class ExitCodes
{
    /// <summary>The words for <c>--help</c>.</summary>
    public static IReadOnlyList<(ExitCode Code, string Meaning)> Meanings { get; } =
    [
        (ExitCode.Done, "done, or it was so already"),
        (ExitCode.Failed, "the kernel refused a step, or something else failed"),
        (ExitCode.Usage, "the command line or a setting is wrong"),
        (ExitCode.NotFound, "no such bypass, proxy or cgroup"),
        (ExitCode.SettingsDiffer, "a bypass of this name has other settings, or is of another version"),
        (ExitCode.Incomplete, "unread bytes kept a removal, or connections a proxy, from its end; status --exit-code, test: not healthy"),
        (ExitCode.NoPrivilege, "the process lacks a privilege"),
        (ExitCode.Unsupported, "the kernel or the machine lacks what a bypass needs"),
        (ExitCode.Locked, "another process is installing or removing, or has a proxy's name"),
        (ExitCode.Interrupted, "interrupted (Ctrl+C, SIGTERM, SIGHUP); nothing was left half done"),
    ];

    /// <summary>The exit code of a kind of error.</summary>
    public static ExitCode Of(BypassError error) => error switch
    {
        BypassError.InvalidSetting or BypassError.NotACgroup or BypassError.TooManyRules => ExitCode.Usage,
        BypassError.BypassNotFound or BypassError.CgroupNotFound or BypassError.EntryNotFound or BypassError.ConnectionNotFound or BypassError.RedirectNotFound or BypassError.ProxyNotFound
            or BypassError.PolicyNotFound or BypassError.PolicyRuleNotFound => ExitCode.NotFound,
        BypassError.BypassSettingsDiffer or BypassError.BypassForeign or BypassError.RedirectExists or BypassError.RedirectForeign
            or BypassError.PolicyExists or BypassError.PolicyOverlap or BypassError.PolicyForeign => ExitCode.SettingsDiffer,
        BypassError.BypassLocked or BypassError.TooManyWatchers or BypassError.ProxyExists => ExitCode.Locked,
        BypassError.PermissionDenied => ExitCode.NoPrivilege,
        BypassError.NoCgroupMount or BypassError.NoBpfFileSystem or BypassError.KernelUnsupported or BypassError.RedirectUnsupported => ExitCode.Unsupported,
        BypassError.BypassNotActive or BypassError.EntryNotDrained or BypassError.ConnectionNotTaken or BypassError.SocketNotAccessible or BypassError.KernelRefused
            or BypassError.CgroupNotUsable or BypassError.BypassNotProvable or BypassError.NotMeasurable or BypassError.WorkerFailed
            or BypassError.SocketNotSuitable or BypassError.SocketTaken or BypassError.BytesUnread or BypassError.AddressNotUsable or BypassError.ProxyNotStopped => ExitCode.Failed,
        _ => throw new UnreachableException($"No exit code is defined for {error}."),
    };

    /// <summary>The exit code of an exception that ended a command.</summary>
    public static ExitCode Of(Exception exception) => exception switch
    {
        OperationCanceledException => ExitCode.Interrupted,
        BypassException bypass => Of(bypass.Error),
        _ => ExitCode.Failed,
    };

    /// <summary>True where the message alone tells what happened; any other exception is a fault of ours and shows its stack.</summary>
    public static bool IsExpected(Exception exception) =>
        exception is OperationCanceledException or BypassException or DemoException or WorkerException;
}
