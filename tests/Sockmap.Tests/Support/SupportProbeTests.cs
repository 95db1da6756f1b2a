using Sockmap.Support;

namespace Sockmap.Tests.Support;

public sealed class SupportProbeTests
{
    private static readonly string[] Behaviors =
    [
        "FionRead", "EdgeTriggeredEpoll", "Splice", "MsgWaitAll", "SpuriousWake", "OutOfBand", "ZeroCopy", "TcpInfo",
        "CloseWithUnreadData", "ReceiverCharged", "KernelTls",
    ];

    [Fact]
    public void EverythingThatIsRequiredIsFoundHereAsRoot()
    {
        SupportCheck[] checks = [.. SupportProbe.Run(cancellationToken: TestContext.Current.CancellationToken)];

        SupportCheck[] required = [.. checks.Where(check => check.Need == SupportNeed.Required)];
        Assert.Equal(14, required.Length);
        Assert.All(required, check => Assert.True(check.State == SupportState.Supported, check.ToString()));
        Assert.Equal(Behaviors, checks.Where(check => check.Need == SupportNeed.Behavior).Select(check => check.Name), StringComparer.Ordinal);
        Assert.Equal(checks.Length, checks.Select(check => check.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("Policies")]
    [InlineData("Redirects")]
    [InlineData("SplicedProxies")]
    public void WhatGoesBeyondABypassIsTriedByItself(string name)
    {
        SupportCheck check = SupportProbe.Run(cancellationToken: TestContext.Current.CancellationToken).Single(check => string.Equals(check.Name, name, StringComparison.Ordinal));

        Assert.Equal((SupportNeed.Optional, SupportState.Supported), (check.Need, check.State));
    }

    [Fact]
    public void EveryCheckSaysWhatItSawAndWhatToDo()
    {
        Assert.All(SupportProbe.Run(cancellationToken: TestContext.Current.CancellationToken), check =>
        {
            Assert.EndsWith(".", check.Detail, StringComparison.Ordinal);
            Assert.True(check.State == SupportState.Unknown || (check.State == SupportState.Supported) == (check.Remedy.Length == 0), check.ToString());
        });
    }

    [Fact]
    public void NeedsComeBeforeBehaviors()
    {
        SupportNeed[] needs = [.. SupportProbe.Run(cancellationToken: TestContext.Current.CancellationToken).Select(check => check.Need)];

        Assert.Equal(needs.Order(), needs);
    }

    [Fact]
    public void AFolderThatIsNoCgroupIsFoundOutAndTheRestGoesOn()
    {
        Dictionary<string, SupportCheck> checks = SupportProbe.Run("/tmp", TestContext.Current.CancellationToken).ToDictionary(check => check.Name, StringComparer.Ordinal);

        Assert.Equal(SupportState.Unsupported, checks["CgroupMount"].State);
        Assert.Contains("/tmp", checks["CgroupMount"].Detail, StringComparison.Ordinal);
        Assert.Equal(SupportState.Unsupported, checks["CgroupLink"].State);
        Assert.Equal(SupportState.Supported, checks["RedirectWorks"].State);
    }

    [Fact]
    public void ACgroupThatIsNotThereIsFoundOut()
    {
        SupportCheck check = SupportProbe.Run("/sys/fs/cgroup/no-such-cgroup", TestContext.Current.CancellationToken).First(check => string.Equals(check.Name, "CgroupMount", StringComparison.Ordinal));

        Assert.Equal(SupportState.Unsupported, check.State);
        Assert.Contains("ENOENT", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptyNameIsRefusedAtOnce() => Assert.Throws<ArgumentException>(() => SupportProbe.Run(" ", TestContext.Current.CancellationToken));

    [Fact]
    public void CancellingEndsItBetweenTwoChecks()
    {
        using CancellationTokenSource source = new();
        using IEnumerator<SupportCheck> checks = SupportProbe.Run(cancellationToken: source.Token).GetEnumerator();
        Assert.True(checks.MoveNext());

        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => checks.MoveNext());
    }

    [Fact]
    public void NoDescriptorStaysOpenAfterAllOrSomeOfIt()
    {
        // The first run opens what the runtime itself keeps.
        Assert.NotEmpty(SupportProbe.Run(cancellationToken: TestContext.Current.CancellationToken).ToArray());
        string[] before = OpenDescriptors();

        Assert.NotEmpty(SupportProbe.Run(cancellationToken: TestContext.Current.CancellationToken).ToArray());
        Assert.NotEmpty(SupportProbe.Run(cancellationToken: TestContext.Current.CancellationToken).TakeWhile(check => check.Need != SupportNeed.Behavior).ToArray());

        Assert.Equal(before, OpenDescriptors());
    }

    [Fact]
    public void WithoutCapabilitiesItSaysSoAndGoesOn() =>
        ChildRun.Run("setpriv", ["--bounding-set", "-all", "--inh-caps", "-all"], nameof(ChildTests.WithoutCapabilities));

    [Fact]
    public void AnInstalledBypassThatCoversThisProcessDoesNotDisturbIt() =>
        ChildRun.Run("unshare", ["--mount"], nameof(ChildTests.UnderAnInstalledBypass));

    /// <summary>Sockets and kernel objects; files and pipes come and go with the runtime and the runner.</summary>
    private static string[] OpenDescriptors() =>
    [
        .. Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .Select(path => new FileInfo(path).LinkTarget ?? string.Empty)
            .Where(target => target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("anon_inode:bpf", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}
