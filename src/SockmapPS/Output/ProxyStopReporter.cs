using System.Globalization;
using System.Management.Automation;

namespace SockmapPS.Output;

/// <summary>Shows how many connections a proxy that stops still has, as <see cref="DrainReporter"/> does for a removal.</summary>
internal sealed class ProxyStopReporter(string activity, Action<ProgressRecord> write) : IProgress<ulong>
{
    private ulong _most;

    /// <inheritdoc />
    public void Report(ulong value)
    {
        _most = Math.Max(_most, value);
        if (_most > 0)
        {
            write(new ProgressRecord(0, activity, string.Create(CultureInfo.InvariantCulture, $"Connections left: {value}")) { PercentComplete = (int)(100 * (_most - value) / _most) });
        }
    }

    /// <summary>Takes the display away, if there was one.</summary>
    public void Complete()
    {
        if (_most > 0)
        {
            write(new ProgressRecord(0, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
    }
}
