namespace Sockmap.Bpf.Loading;

/// <summary>A program cannot be fitted to the kernel it is to run in: something that it needs is not there.</summary>
public sealed class BpfRelocationException : Exception
{
    /// <summary>Makes an exception without details; the other constructors say more.</summary>
    public BpfRelocationException()
        : this("A BPF program cannot be fitted to this kernel.")
    {
    }

    /// <summary>Makes an exception with a finished message.</summary>
    /// <param name="message">One sentence that names the program and what is missing.</param>
    public BpfRelocationException(string message)
        : base(message)
    {
        ProgramName = string.Empty;
        Missing = string.Empty;
    }

    /// <summary>Makes an exception with a finished message and its cause.</summary>
    /// <param name="message">One sentence that names the program and what is missing.</param>
    /// <param name="innerException">What was thrown first.</param>
    public BpfRelocationException(string message, Exception innerException)
        : base(message, innerException)
    {
        ProgramName = string.Empty;
        Missing = string.Empty;
    }

    /// <summary>Makes an exception for a program that lacks something.</summary>
    /// <param name="programName">The program.</param>
    /// <param name="missing">The kernel function, variable, type or map that is not there.</param>
    /// <param name="reason">What is wrong, without the program's name.</param>
    /// <param name="innerException">What the kernel said, with the verifier's log; null where it was not asked.</param>
    public BpfRelocationException(string programName, string missing, string reason, Exception? innerException = null)
        : base($"BPF program '{programName}': {reason}.", innerException)
    {
        ProgramName = programName;
        Missing = missing;
    }

    /// <summary>The program; empty where none is known.</summary>
    public string ProgramName { get; }

    /// <summary>What is not there: a kernel function, variable, type or map; empty where none is known.</summary>
    public string Missing { get; }
}
