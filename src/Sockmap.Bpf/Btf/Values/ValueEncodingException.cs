namespace Sockmap.Bpf.Btf.Values;

/// <summary>An object cannot be written as the C value that it is to become.</summary>
public sealed class ValueEncodingException : Exception
{
    /// <summary>Makes an exception without details; the other constructors say more.</summary>
    public ValueEncodingException()
        : this("The object does not fit the type that it is to become.")
    {
    }

    /// <summary>Makes an exception with a finished message.</summary>
    /// <param name="message">One sentence that names the member and what it takes.</param>
    public ValueEncodingException(string message)
        : base(message)
    {
        Member = string.Empty;
    }

    /// <summary>Makes an exception with a finished message and its cause.</summary>
    /// <param name="message">One sentence that names the member and what it takes.</param>
    /// <param name="innerException">What was thrown first.</param>
    public ValueEncodingException(string message, Exception innerException)
        : base(message, innerException)
    {
        Member = string.Empty;
    }

    /// <summary>Makes an exception about a member.</summary>
    /// <param name="member">Where in the value, such as <c>key.addresses[3].port</c>.</param>
    /// <param name="fault">What the member takes and what it was given, as the rest of a sentence that begins with the member.</param>
    public ValueEncodingException(string member, string fault)
        : base($"{member} {fault}.")
    {
        Member = member;
    }

    /// <summary>Where in the value, such as <c>key.addresses[3].port</c>; empty where that is not known.</summary>
    public string Member { get; }
}
