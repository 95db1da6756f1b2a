namespace Sockmap.Cli.Demo;

/// <summary>The demo could not go on; the message says why.</summary>
internal sealed class DemoException(string message, Exception? innerException = null) : Exception(message, innerException);
