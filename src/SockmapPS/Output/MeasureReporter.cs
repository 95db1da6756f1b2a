using System.Management.Automation;
using Sockmap.Measuring;

namespace SockmapPS.Output;

/// <summary>Shows how far a measurement is, at once and on the caller's thread, the only one on which a cmdlet may write.</summary>
internal sealed class MeasureReporter(Action<ProgressRecord> write) : IProgress<MeasureProgress>
{
    private const string Activity = "Measuring";

    private bool _shown;

    /// <inheritdoc />
    public void Report(MeasureProgress value)
    {
        _shown = true;
        write(new ProgressRecord(0, Activity, value.Doing)
        {
            PercentComplete = (int)(100L * value.Done / value.Total),
            SecondsRemaining = (int)value.Remaining.TotalSeconds,
        });
    }

    /// <summary>Takes the display away, if there was one.</summary>
    public void Complete()
    {
        if (_shown)
        {
            write(new ProgressRecord(0, Activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
    }
}
