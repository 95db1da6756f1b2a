using Sockmap.Bypasses;
using Sockmap.Cli.Output;

namespace Sockmap.Cli.Tests.Output;

public sealed class ErrorReportTests
{
    private static readonly BypassException Refused = new(
        BypassError.KernelRefused, "The kernel refused\nit.", new InvalidOperationException("EPERM (1)\nlog line"));

    [Fact]
    public void An_error_is_one_line()
    {
        using StringWriter error = new();

        Assert.Equal(ExitCode.Failed, ErrorReport.Write(Refused, error, verbose: false));
        Assert.Equal("sockmap: The kernel refused it.", error.ToString().TrimEnd());
    }

    [Fact]
    public void Verbose_adds_the_causes_with_the_whole_log()
    {
        using StringWriter error = new();
        ErrorReport.Write(Refused, error, verbose: true);

        Assert.Equal("sockmap: The kernel refused it.\n  because: EPERM (1)\nlog line", error.ToString().TrimEnd());
    }

    [Fact]
    public void A_fault_of_ours_shows_its_stack()
    {
        using StringWriter error = new();

        Assert.Equal(ExitCode.Failed, ErrorReport.Write(new InvalidOperationException("oops"), error, verbose: false));
        Assert.Contains("System.InvalidOperationException: oops", error.ToString(), StringComparison.Ordinal);
    }
}
