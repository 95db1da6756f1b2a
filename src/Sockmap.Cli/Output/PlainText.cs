using System.Globalization;
using System.Text;

namespace Sockmap.Cli.Output;

/// <summary>
/// Makes text from elsewhere safe to show. A container may name a cgroup as it likes, escape sequences included, and the
/// one who looks may be root.
/// </summary>
internal static class PlainText
{
    /// <summary>The text on one line: line ends become spaces, other control characters <c>\xNN</c>.</summary>
    public static string OneLine(string text) => Clean(text.ReplaceLineEndings(" "));

    /// <summary>The text with control characters other than line ends and tabs written as <c>\xNN</c>.</summary>
    public static string Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (char character in text)
        {
            // Format characters include the ones that reverse the direction of what follows.
            bool harmless = character is '\n' or '\t'
                || (!char.IsControl(character) && char.GetUnicodeCategory(character) != UnicodeCategory.Format);
            clean.Append(harmless ? character : $"\\x{(int)character:x2}");
        }

        return clean.ToString();
    }
}
