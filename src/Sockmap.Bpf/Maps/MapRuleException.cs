namespace Sockmap.Bpf.Maps;

/// <summary>A map cannot be created as it was asked for: the kernel takes no map of this type with such sizes.</summary>
public sealed class MapRuleException : Exception
{
    /// <summary>Makes an exception without details; the other constructors say more.</summary>
    public MapRuleException()
        : this("The kernel takes no map of this type with such sizes.")
    {
    }

    /// <summary>Makes an exception with a finished message.</summary>
    /// <param name="message">The rule, what was asked for, and the way out.</param>
    public MapRuleException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a finished message and its cause.</summary>
    /// <param name="message">The rule, what was asked for, and the way out.</param>
    /// <param name="innerException">What was thrown first.</param>
    public MapRuleException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
