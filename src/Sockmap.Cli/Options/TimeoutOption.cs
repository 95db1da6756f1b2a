using System.CommandLine;

namespace Sockmap.Cli.Options;

/// <summary><c>--timeout</c>: how long something may take.</summary>
internal sealed class TimeoutOption : Option<TimeSpan?>
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    /// <summary>The option.</summary>
    public TimeoutOption(string description)
        : base("--timeout", "-t")
    {
        Description = $"{description} Without it {Usual.TotalSeconds}s.";
        HelpName = "500ms|30s|2m";
        CustomParser = ValueParsers.Duration;
    }

    /// <summary>The time that a command line asks for.</summary>
    public TimeSpan Read(ParseResult parsed) => parsed.GetValue(this) ?? Usual;
}
