using Sockmap.Support;
using Spectre.Console;

namespace Sockmap.Cli.Output;

/// <summary>Checks of this machine for people.</summary>
internal static class CheckView
{
    /// <summary>Writes a row for each check; what to do stands under what was seen.</summary>
    public static void Write(Terminal terminal, IEnumerable<SupportCheck> checks)
    {
        Table table = Terminal.NewTable(
            Terminal.Left("Check").NoWrap(),
            Terminal.Left("Need").NoWrap(),
            Terminal.Left("State").NoWrap(),
            Terminal.Left("Seen"));
        foreach (SupportCheck check in checks)
        {
            string seen = check.State == SupportState.Supported || check.Remedy.Length == 0
                ? check.Detail
                : $"{check.Detail}\n-> {check.Remedy}";
            table.AddRow(
                Terminal.Cell(check.Name),
                Terminal.Cell(check.Need.ToString()),
                Terminal.Cell(check.State.ToString()),
                Terminal.Cell(seen));
        }

        terminal.Write(table);
    }
}
