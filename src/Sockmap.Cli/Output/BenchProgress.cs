using System.Globalization;
using Sockmap.Measuring;

namespace Sockmap.Cli.Output;

/// <summary>One line on a terminal's standard error that tells how far a measurement is; nothing anywhere else.</summary>
internal sealed class BenchProgress(Terminal terminal) : IProgress<MeasureProgress>
{
    // To the start of the line, and clear it.
    private const string Again = "\r\e[K";

    private readonly bool shows = ReferenceEquals(terminal.Error, Console.Error) && !Console.IsErrorRedirected;

    /// <inheritdoc/>
    public void Report(MeasureProgress value)
    {
        if (shows)
        {
            terminal.Error.Write(value.Done == value.Total
                ? Again
                : string.Create(CultureInfo.InvariantCulture, $"{Again}{100 * value.Done / value.Total} %, {value.Remaining.TotalSeconds:0} s left: {value.Doing}"));
        }
    }
}
