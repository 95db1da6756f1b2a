namespace Sockmap.Cli;

/// <summary>What the command's exit code says. <see cref="ExitCodes"/> has the words that <c>--help</c> shows.</summary>
internal enum ExitCode
{
    /// <summary>Done, or it was so already.</summary>
    Done = 0,

    /// <summary>The kernel refused a step, or something else failed.</summary>
    Failed = 1,

    /// <summary>The command line is wrong, or a setting has a value that cannot be.</summary>
    Usage = 2,

    /// <summary>No such bypass, or no such cgroup.</summary>
    NotFound = 3,

    /// <summary>A bypass of this name is there with other settings, or of another version.</summary>
    SettingsDiffer = 4,

    /// <summary>Readers left bytes unread until the removal's time ran out, or a bypass is not healthy.</summary>
    Incomplete = 5,

    /// <summary>The process lacks a privilege.</summary>
    NoPrivilege = 6,

    /// <summary>The kernel or the machine lacks what a bypass needs.</summary>
    Unsupported = 7,

    /// <summary>Another process is installing or removing.</summary>
    Locked = 8,

    /// <summary>Ended by Ctrl+C, SIGTERM or SIGHUP; nothing was left half done. The shell's number for SIGINT.</summary>
    Interrupted = 130,
}
