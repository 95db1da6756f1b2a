namespace Sockmap.Workers;

/// <summary>A process of ours did not do its work; the message says what it did instead.</summary>
public sealed class WorkerException : Exception
{
    /// <summary>An error with a message for people and the exception behind it, if any.</summary>
    public WorkerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
