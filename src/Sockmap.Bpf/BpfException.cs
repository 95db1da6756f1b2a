namespace Sockmap.Bpf;

/// <summary>A call into the kernel failed.</summary>
public class BpfException : Exception
{
    /// <summary>Makes the exception with the message <c>{operation}: EPERM (1), Operation not permitted</c>.</summary>
    /// <param name="operation">What was being done, on what.</param>
    /// <param name="errno">The positive error number.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    public BpfException(string operation, int errno, Exception? innerException = null)
        : this($"{operation}: {Bpf.Errno.Describe(errno)}", operation, errno, innerException)
    {
    }

    /// <summary>Makes the exception with a message of its own.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="operation">What was being done, on what.</param>
    /// <param name="errno">The positive error number, or 0 when no call failed.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    protected BpfException(string message, string operation, int errno, Exception? innerException)
        : base(message, innerException)
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>What was being done, on what.</summary>
    public string Operation { get; }

    /// <summary>The positive error number.</summary>
    public int Errno { get; }

    /// <summary>The name of the error number, such as <c>EPERM</c>.</summary>
    public string ErrnoName => Bpf.Errno.GetName(Errno);
}
