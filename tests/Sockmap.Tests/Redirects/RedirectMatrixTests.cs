using System.Runtime.CompilerServices;
using System.Text;
using Sockmap.Redirects;
using Sockmap.TestKit;

namespace Sockmap.Tests.Redirects;

/// <summary>The whole table of redirects against what this kernel does with real sockets.</summary>
public sealed class RedirectMatrixTests(ITestOutputHelper output)
{
    private const string Begin = "<!-- matrix -->";
    private const string End = "<!-- /matrix -->";

    /// <summary>Told anything, the test writes the table of the guide instead of comparing it.</summary>
    private const string WriteVariable = "SOCKMAP_WRITE_MATRIX";

    [Fact]
    public void TheTableIsWhatThisKernelDoes()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        RedirectTrialResult[] results = [.. RedirectTrial.RunAll(TestContext.Current.CancellationToken)];
        foreach (RedirectTrialResult result in results.Where(result => result.Outcome != RedirectOutcome.Redirected || result.Detail.Contains("first try", StringComparison.Ordinal)))
        {
            output.WriteLine($"{result.Mode} from {result.From} to {result.To}: {result.Outcome}. {result.Detail}");
        }

        // Each mode, and TCP and UDP over IPv4 and IPv6 each.
        Assert.Equal(4 * 9 * 9, results.Length);
        Assert.All(results.Where(result => result.Works is not null), result => Assert.Equal(result.IsExpected, result.Works));

        // Only VSOCK may lack a transport.
        Assert.All(results.Where(result => result.Works is null), result => Assert.True(result.From.IsVsock() || result.To.IsVsock(), result.Detail));

        string text = WriteTables(results);
        string path = Path.Combine(Path.GetDirectoryName(OwnPath())!, "../../../docs/redirects.md");
        if (!File.Exists(path))
        {
            // On a kernel of tests/kernels, where there are no sources.
            return;
        }

        string guide = File.ReadAllText(path);
        int begin = guide.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = guide.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable(WriteVariable) is { Length: > 0 })
        {
            File.WriteAllText(path, $"{guide[..begin]}\nMeasured on Linux {Kernel()}:\n\n{text}{guide[end..]}");
        }
        else if (guide[begin..end].Contains($"Measured on Linux {Kernel()}:", StringComparison.Ordinal))
        {
            Assert.Contains(text, guide[begin..end], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatIsNotSupportedHasAReason() => Assert.All(RedirectTable.All, cell => Assert.Equal(cell.IsSupported, cell.Reason.Length == 0));

    [Fact]
    public void ASocketOfNoKnownKindIsNone() => Assert.All(
        Enum.GetValues<SockmapRedirectMode>(),
        mode => Assert.False(RedirectTable.Find(mode, RedirectSocketKind.Tcp, RedirectSocketKind.Other).IsSupported));

    private static string WriteTables(RedirectTrialResult[] results)
    {
        StringBuilder text = new();
        foreach (IGrouping<SockmapRedirectMode, RedirectTrialResult> mode in results.GroupBy(result => result.Mode))
        {
            RedirectSocketKind[] kinds = [.. RedirectTable.Kinds];
            text.Append($"| {mode.Key} from \\ to |{string.Concat(kinds.Select(kind => $" {RedirectSocketKinds.Name(kind)} |"))}\n");
            text.Append($"|---|{string.Concat(kinds.Select(_ => "---|"))}\n");
            foreach (RedirectSocketKind from in kinds)
            {
                text.Append($"| {RedirectSocketKinds.Name(from)} |{string.Concat(kinds.Select(to => $" {Cell(mode, from, to)} |"))}\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(IEnumerable<RedirectTrialResult> mode, RedirectSocketKind from, RedirectSocketKind to)
    {
        RedirectTrialResult[] tried = [.. mode.Where(result => result.From == from && result.To == to)];
        string expected = tried[0].IsExpected ? "yes" : "-";
        return tried.All(result => result.Works == true) ? "yes"
            : tried.All(result => result.Works == false) ? "-"
            : tried.All(result => result.Works is null) ? $"? ({expected})"
            : "differs";
    }

    private static string Kernel() => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    private static string OwnPath([CallerFilePath] string path = "") => path;
}
