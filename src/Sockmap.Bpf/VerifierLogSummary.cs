namespace Sockmap.Bpf;

/// <summary>Finds in a verifier's log what tells why a program was refused.</summary>
/// <remarks>
/// The log tells the state of every register at every step, often in thousands of lines. What matters is at its end: the
/// last line of source, the instructions made from it, and the verdict.
/// </remarks>
public static class VerifierLogSummary
{
    private const int MostLines = 12;
    private const int LinesWithoutSource = 6;

    private static readonly string[] Noise =
    [
        "processed ", "verification time ", "stack depth ", "mark_precise: ", "func#", "Live regs before insn", "from ", "last_idx ", "regs=", "parent ", "frame",
    ];

    /// <summary>The lines that matter, without the state of registers.</summary>
    /// <param name="log">The whole log.</param>
    /// <returns>At most a dozen lines, parted by '\n'; empty for an empty log.</returns>
    public static string Create(string log)
    {
        ArgumentNullException.ThrowIfNull(log);
        string[] lines = [.. log.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(l => !IsNoise(l)).Select(WithoutState)];
        int source = Array.FindLastIndex(lines, l => l.StartsWith(';'));
        string[] kept = source < 0 ? lines[^Math.Min(lines.Length, LinesWithoutSource)..] : lines[source..];
        if (kept.Length > MostLines)
        {
            kept = [kept[0], "...", .. kept[^(MostLines - 2)..]];
        }

        return string.Join('\n', kept);
    }

    private static bool IsNoise(string line)
    {
        if (Array.Exists(Noise, prefix => line.StartsWith(prefix, StringComparison.Ordinal)))
        {
            return true;
        }

        // "12: R1=ctx() R10=fp0": registers alone. An instruction is "12: (b7) r0 = 0".
        int colon = line.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 && line.AsSpan(0, colon).IndexOfAnyExceptInRange('0', '9') < 0 && line[colon + 2] != '(';
    }

    private static string WithoutState(string line)
    {
        int state = char.IsAsciiDigit(line[0]) ? line.IndexOf(" ; ", StringComparison.Ordinal) : -1;
        return state > 0 ? line[..state].TrimEnd() : line;
    }
}
