using Sockmap.Redirects;
using Sockmap.TestKit;

namespace Sockmap.Tests.Redirects;

/// <summary>The whole table of redirects against what this kernel does with real sockets.</summary>
public sealed class RedirectMatrixTests(ITestOutputHelper output)
{
    [Fact]
    public void TheTableIsWhatThisKernelDoes()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        RedirectTrialResult[] results = [.. RedirectTrial.RunAll(TestContext.Current.CancellationToken)];
        foreach (RedirectTrialResult result in results)
        {
            output.WriteLine($"{result.Mode} {result.From}{(result.IsFromIPv6 ? 6 : 4)} {result.To}{(result.IsToIPv6 ? 6 : 4)} {result.Outcome} {result.IsExpected} {result.Detail}");
        }

        Assert.All(results.Where(result => result.Works is not null), result => Assert.Equal(result.IsExpected, result.Works));
    }
}
