using Sockmap.Proof;
using Spectre.Console;

namespace Sockmap.Cli.Output;

/// <summary>A proof for people.</summary>
internal static class ProofView
{
    /// <summary>Writes what came of it, and a row for each finding.</summary>
    public static void Write(Terminal terminal, ProofResult result)
    {
        terminal.Line(result.Summary);
        terminal.Line();
        Table table = Terminal.NewTable(Terminal.Left("Finding").NoWrap(), Terminal.Left("Passed").NoWrap(), Terminal.Left("Seen"));
        foreach (ProofFinding finding in result.Finding)
        {
            table.AddRow(
                Terminal.Cell(finding.Name),
                Terminal.Cell(finding.Passed switch { true => "yes", false => "no", null => "-" }),
                Terminal.Cell(finding.Detail));
        }

        terminal.Write(table);
    }
}
