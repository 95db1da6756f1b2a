namespace Sockmap.Redirects;

/// <summary>A trial says nothing here, as its sockets cannot be had on this machine.</summary>
internal sealed class TrialException(string message, Exception inner) : Exception(message, inner);
