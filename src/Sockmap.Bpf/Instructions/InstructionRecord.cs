using System.Globalization;
using System.Text;

namespace Sockmap.Bpf.Instructions;

/// <summary>One instruction of a program in the kernel, as the verifier left it.</summary>
public sealed record InstructionRecord
{
    /// <summary>The id of the program.</summary>
    public required uint ProgId { get; init; }

    /// <summary>The number of its first 8 bytes in the program; jumps count from the next one.</summary>
    public required int Index { get; init; }

    /// <summary>Its 8 bytes, or the 16 of a 64-bit load.</summary>
    public required byte[] Code { get; init; }

    /// <summary>What it does, as the kernel's disassembler writes it.</summary>
    public required string Text { get; init; }

    /// <summary>The line of C that it begins; null where a line goes on, or where the BTF has none.</summary>
    public string? Source { get; init; }

    /// <summary>The file of that line.</summary>
    public string? SourceFile { get; init; }

    /// <summary>The number of that line in its file.</summary>
    public int? SourceLine { get; init; }

    /// <summary>The column where the statement begins.</summary>
    public int? SourceColumn { get; init; }

    /// <summary>The function that begins here, as it is declared; null elsewhere.</summary>
    public string? Function { get; init; }

    /// <summary>The map that a 64-bit load gives the address of.</summary>
    public uint? MapId { get; init; }

    /// <summary>The name of that map, where it may be asked.</summary>
    public string? MapName { get; init; }

    /// <summary>What a call calls: a helper, a kfunc or a function of the program; null where the kernel hides its symbols.</summary>
    public string? Callee { get; init; }

    /// <summary>The lines that <c>bpftool prog dump xlated</c> prints for it.</summary>
    /// <param name="lineNumbers">With file, line and column of the source.</param>
    public string ToListing(bool lineNumbers = false)
    {
        StringBuilder text = new();
        if (Function is not null)
        {
            text.Append(Function).Append(":\n");
        }

        if (Source is not null)
        {
            text.Append("; ").Append(Source);
            if (lineNumbers)
            {
                text.Append(CultureInfo.InvariantCulture, $" [file:{SourceFile} line_num:{SourceLine} line_col:{SourceColumn}]");
            }

            text.Append('\n');
        }

        return text.Append(CultureInfo.InvariantCulture, $" {Index,3}: {Text}").ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => ToListing();
}
