namespace Sockmap.Bypasses;

/// <summary>Something about a bypass could not be done; the message says what and the way out.</summary>
public sealed class BypassException : Exception
{
    /// <summary>An error of a kind, with a message for people and the exception behind it, if any.</summary>
    public BypassException(BypassError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The kind.</summary>
    public BypassError Error { get; }
}
