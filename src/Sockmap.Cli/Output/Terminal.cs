using System.CommandLine;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Sockmap.Cli.Output;

/// <summary>
/// Where a command writes: lines and tables for people. Anywhere but on a terminal tables are plain text without escape
/// sequences.
/// </summary>
internal sealed class Terminal
{
    /// <summary>Columns that a table may take where no terminal says.</summary>
    public const int Width = 120;

    private readonly bool interactive;

    /// <summary>Writes to the streams given.</summary>
    public Terminal(TextWriter output, TextWriter error)
    {
        Out = output;
        Error = error;
        interactive = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
    }

    /// <summary>Standard output.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>The streams that a command was invoked with.</summary>
    public static Terminal Of(ParseResult parsed) =>
        new(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);

    /// <summary>A table without lines around its cells, so that what is shown can be cut and pasted.</summary>
    public static Table NewTable(params IEnumerable<TableColumn> columns)
    {
        Table table = new() { Border = TableBorder.None };
        foreach (TableColumn column in columns)
        {
            column.Padding = new Padding(0, 0, 2, 0);
            table.AddColumn(column);
        }

        return table;
    }

    /// <summary>A column of words.</summary>
    public static TableColumn Left(string header) => new(Header(header));

    /// <summary>A column of numbers.</summary>
    public static TableColumn Right(string header) => new TableColumn(Header(header)).RightAligned().NoWrap();

    /// <summary>A cell: the text as it is, never read as markup.</summary>
    public static IRenderable Cell(string text) => new Text(PlainText.Clean(text));

    /// <summary>Writes a line.</summary>
    public void Line(string text = "") => Out.WriteLine(PlainText.Clean(text));

    /// <summary>Writes a line to standard error.</summary>
    public void ErrorLine(string text) => Error.WriteLine(PlainText.Clean(text));

    /// <summary>Writes a table.</summary>
    public void Write(Table table)
    {
        using StringWriter plain = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = interactive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = interactive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(interactive ? Out : plain),
        });
        if (!interactive)
        {
            console.Profile.Width = Width;
        }

        console.Write(table);
        foreach (string line in plain.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // The library fills every line with spaces up to the table's width.
            Out.WriteLine(line.TrimEnd());
        }
    }

    private static Text Header(string text) => new(text, new Style(decoration: Decoration.Bold));
}
