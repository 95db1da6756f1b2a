namespace Sockmap.Bpf;

/// <summary>A BPF object file or a BTF blob is damaged, or holds something that this library does not take.</summary>
/// <remarks>The message names the object, what is wrong in it and where.</remarks>
public sealed class BpfFormatException : Exception
{
    /// <summary>Makes an exception without details; the other constructors say more.</summary>
    public BpfFormatException()
        : this("The BPF object is damaged.")
    {
    }

    /// <summary>Makes an exception with a finished message.</summary>
    /// <param name="message">One sentence that names the object and the fault.</param>
    public BpfFormatException(string message)
        : base(message)
    {
        ObjectName = string.Empty;
    }

    /// <summary>Makes an exception with a finished message and its cause.</summary>
    /// <param name="message">One sentence that names the object and the fault.</param>
    /// <param name="innerException">What was thrown first.</param>
    public BpfFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
        ObjectName = string.Empty;
    }

    /// <summary>Makes an exception for a fault in a named object.</summary>
    /// <param name="objectName">The object, as the caller named it (often a file's path).</param>
    /// <param name="fault">What is wrong and where, without the object's name.</param>
    public BpfFormatException(string objectName, string fault)
        : base($"BPF object '{objectName}': {fault}.")
    {
        ObjectName = objectName;
    }

    /// <summary>The object as the caller named it; empty where none was given.</summary>
    public string ObjectName { get; }
}
