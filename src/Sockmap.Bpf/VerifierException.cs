namespace Sockmap.Bpf;

/// <summary>The kernel's verifier refused a program or a BTF object. The message carries the last lines of its log.</summary>
public sealed class VerifierException : BpfException
{
    private const int LinesInMessage = 4;

    /// <summary>Makes the exception.</summary>
    /// <param name="operation">What was being loaded.</param>
    /// <param name="errno">The error number of the first load, made without a log.</param>
    /// <param name="verifierLog">The whole log.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    public VerifierException(string operation, int errno, string verifierLog, Exception? innerException = null)
        : base(CreateMessage(operation, errno, verifierLog), operation, errno, innerException)
    {
        VerifierLog = verifierLog;
    }

    /// <summary>The verifier's whole log (its tail when it was longer than 16 MiB).</summary>
    public string VerifierLog { get; }

    private static string CreateMessage(string operation, int errno, string verifierLog)
    {
        // The figures that end each log say nothing about the fault.
        string[] lines = [.. verifierLog
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => !IsStatistics(line))
            .TakeLast(LinesInMessage)];
        string message = $"{operation}: {Bpf.Errno.Describe(errno)}";
        return lines.Length == 0 ? message : $"{message}. The verifier says: {string.Join(" | ", lines)}";
    }

    private static bool IsStatistics(string line) =>
        line.StartsWith("processed ", StringComparison.Ordinal)
        || line.StartsWith("verification time ", StringComparison.Ordinal)
        || line.StartsWith("stack depth ", StringComparison.Ordinal)
        || line.StartsWith("mark_precise: ", StringComparison.Ordinal);
}
