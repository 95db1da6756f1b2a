using System.CommandLine;

namespace Sockmap.Cli.Options;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    /// <summary>Another bpffs than the standard one.</summary>
    public Option<string?> BpfFileSystem { get; } = new("--bpffs")
    {
        Description = "Root of a mounted bpffs; without it /sys/fs/bpf.",
        HelpName = "DIR",
        Recursive = true,
    };

    /// <summary>For machines.</summary>
    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Write one JSON document.",
        Recursive = true,
    };

    /// <summary>For those who want to know.</summary>
    public Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "Tell each step in the kernel, and the causes of an error, on standard error.",
        Recursive = true,
    };
}
