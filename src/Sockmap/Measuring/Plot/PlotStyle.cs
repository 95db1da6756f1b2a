using System.Globalization;
using System.Text;

namespace Sockmap.Measuring.Plot;

/// <summary>
/// How the plot looks: colours for a light and for a dark page, told apart by the reader's own setting. Every rule begins
/// with a class of ours, as those of an SVG within a page hold for all of it.
/// </summary>
internal static class PlotStyle
{
    // Okabe and Ito's palette for all kinds of colour vision ("Color Universal Design", 2008) without its yellow and black,
    // which one of the pages would swallow; lighter for a dark page.
    private static readonly (string Light, string Dark)[] Palette =
    [
        ("#0072b2", "#56b4e9"), ("#d55e00", "#f0813a"), ("#009e73", "#2fc99a"), ("#a3508a", "#e08fc0"), ("#8a6d00", "#e6b422"), ("#5b5bd6", "#a5a5ff"),
    ];

    private static readonly string[] Dashes = ["none", "7 4", "2 3"];

    /// <summary>How many colours there are.</summary>
    public static int Colours => Palette.Length;

    /// <summary>The style sheet.</summary>
    public static string Sheet()
    {
        StringBuilder sheet = new();
        sheet.Append('\n').Append(Colour("#ffffff", "#1b1f24", "#d0d7de", "#57606a", palette => palette.Light));
        sheet.Append("@media (prefers-color-scheme: dark) {\n").Append(Colour("#0d1117", "#e6edf3", "#30363d", "#9da7b3", palette => palette.Dark)).Append("}\n");
        sheet.Append(
            """
            .sockmap-plot text { font: 13px system-ui, sans-serif; fill: var(--ink); }
            .sockmap-plot .heading { font-size: 17px; font-weight: 600; }
            .sockmap-plot .quiet { fill: var(--quiet); }
            .sockmap-plot .end { text-anchor: end; }
            .sockmap-plot .middle { text-anchor: middle; }
            .sockmap-plot .page { fill: var(--page); }
            .sockmap-plot .grid line { stroke: var(--grid); }
            .sockmap-plot .plain-tcp { stroke: var(--ink); stroke-width: 1.5; }
            .sockmap-plot .band { fill: var(--own); fill-opacity: 0.16; }
            .sockmap-plot .line, .sockmap-plot .whisker { stroke: var(--own); stroke-width: 2; fill: none; }
            .sockmap-plot .point { fill: var(--own); stroke: var(--own); stroke-width: 2; }
            .sockmap-plot .noisy { fill: var(--page); }

            """);
        foreach (MeasurementKind kind in Enum.GetValues<MeasurementKind>())
        {
            sheet.Append(CultureInfo.InvariantCulture, $".sockmap-plot .kind-{(int)kind} .line {{ stroke-dasharray: {Dashes[(int)kind]}; }}\n");
        }

        return sheet.ToString();
    }

    private static string Colour(string page, string ink, string grid, string quiet, Func<(string Light, string Dark), string> choose)
    {
        StringBuilder rules = new();
        rules.Append(CultureInfo.InvariantCulture, $".sockmap-plot {{ --page: {page}; --ink: {ink}; --grid: {grid}; --quiet: {quiet}; }}\n");
        for (int i = 0; i < Palette.Length; i++)
        {
            rules.Append(CultureInfo.InvariantCulture, $".sockmap-plot .colour-{i} {{ --own: {choose(Palette[i])}; }}\n");
        }

        return rules.ToString();
    }
}
