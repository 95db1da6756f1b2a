using Sockmap.Bypasses;
using Sockmap.Cli.Output;

namespace Sockmap.Cli.Commands;

/// <summary>Tells how a removal gets on, whenever that changes.</summary>
internal sealed class DrainReport(Terminal terminal) : IProgress<DrainProgress>
{
    private DrainProgress? last;

    /// <inheritdoc/>
    public void Report(DrainProgress value)
    {
        if (value != last)
        {
            last = value;
            terminal.ErrorLine(
                $"verbose: {Quantity.Of((ulong)value.Entries, "socket")} left, "
                + $"{Quantity.Of((ulong)value.QueuedBytes, "byte")} unread.");
        }
    }
}
