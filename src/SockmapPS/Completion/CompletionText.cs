using System.Management.Automation;

namespace SockmapPS.Completion;

/// <summary>Quoting of what stands at the cursor, and of what replaces it.</summary>
internal static class CompletionText
{
    /// <summary>What was typed, without the quotes around it.</summary>
    public static string Unquote(string? word)
    {
        string text = word ?? string.Empty;
        if (text.Length == 0 || text[0] is not ('\'' or '"'))
        {
            return text;
        }

        char quote = text[0];
        string inner = text.Length > 1 && text[^1] == quote ? text[1..^1] : text[1..];
        return quote == '\'' ? inner.Replace("''", "'", StringComparison.Ordinal) : inner;
    }

    /// <summary>An offer, put in quotes where PowerShell would otherwise read it as more than one word.</summary>
    public static CompletionResult Offer(string text, string? word, string toolTip)
    {
        bool quote = word is ['\'' or '"', ..] || text.Any(character => !IsPlain(character));
        return new CompletionResult(
            quote ? "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'" : text,
            text,
            CompletionResultType.ParameterValue,
            toolTip);
    }

    private static bool IsPlain(char character) =>
        char.IsLetterOrDigit(character) || character is '/' or '.' or '-' or '_' or ':' or '\\';
}
