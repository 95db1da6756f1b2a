using System.Globalization;
using System.Management.Automation;
using Sockmap.Bypasses;

namespace SockmapPS.Output;

/// <summary>
/// Shows how far a removal is. Unlike <see cref="Progress{T}"/> it calls at once and on the caller's thread, the only
/// one on which a cmdlet may write.
/// </summary>
internal sealed class DrainReporter(string activity, Action<ProgressRecord> write) : IProgress<DrainProgress>
{
    private int _most;

    /// <inheritdoc />
    public void Report(DrainProgress value)
    {
        _most = Math.Max(_most, value.Entries);
        string status = string.Create(
            CultureInfo.InvariantCulture,
            $"Sockets left: {value.Entries}, unread: {ByteText.Format((ulong)Math.Max(0, value.QueuedBytes))}");
        write(new ProgressRecord(0, activity, status)
        {
            PercentComplete = _most == 0 ? -1 : (int)(100L * (_most - value.Entries) / _most),
        });
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
