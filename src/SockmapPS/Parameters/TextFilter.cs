using System.Management.Automation;

namespace SockmapPS.Parameters;

/// <summary>Names or tags that were asked for, with wildcards; it remembers which of those without wildcards were met.</summary>
internal sealed class TextFilter
{
    private readonly WildcardPattern[] _patterns;
    private readonly HashSet<string> _missing;

    /// <summary>Makes a filter.</summary>
    /// <param name="patterns">What was asked for.</param>
    /// <param name="ignoreCase">Whether case is of no matter; it is in the kernel's names.</param>
    public TextFilter(string[] patterns, bool ignoreCase = false)
    {
        WildcardOptions options = WildcardOptions.CultureInvariant | (ignoreCase ? WildcardOptions.IgnoreCase : WildcardOptions.None);
        _patterns = Array.ConvertAll(patterns, pattern => new WildcardPattern(pattern, options));
        _missing = new HashSet<string>(
            patterns.Where(static pattern => !WildcardPattern.ContainsWildcardCharacters(pattern)),
            ignoreCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
    }

    /// <summary>What was asked for without wildcards and was not met yet.</summary>
    public IEnumerable<string> Missing => _missing;

    /// <summary>A filter of what was asked for; null where nothing was.</summary>
    public static TextFilter? Of(string[]? patterns, bool ignoreCase = false) => patterns is null ? null : new TextFilter(patterns, ignoreCase);

    /// <summary>Whether a text is one of those that were asked for.</summary>
    public bool IsMatch(string text)
    {
        _missing.Remove(text);
        return Array.Exists(_patterns, pattern => pattern.IsMatch(text));
    }
}
