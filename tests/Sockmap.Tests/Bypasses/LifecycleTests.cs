using System.Net;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Filters;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>Install, see, replace, remove: what each leaves in the kernel.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public void EverySettingIsReadBackFromTheKernel()
    {
        using InstalledBypass bypass = new();
        DateTime before = DateTime.Now;
        InstallResult result = bypass.Install(settings => settings with
        {
            Name = "all_of-1t",
            Family = AddressFamilies.IPv6,
            Ports = [PortRange.Parse("8000-8100"), PortRange.Parse("6379"), PortRange.Parse("8101")],
            ExcludedPorts = [PortRange.Parse("8050")],
            Addresses = [AddressRange.Parse("10.0.0.0/8"), AddressRange.Parse("::1")],
            ExcludedAddresses = [AddressRange.Parse("10.9.8.7")],
            MaxEntries = 1234,
            CrossNamespace = true,
            KeepSockets = true,
            ThroughNat = true,
            QueueLimit = 77_000,
            Variant = BypassVariant.Probing,
        });

        BypassStatus status = bypass.Manager.Get("all_of-1t");
        Assert.Equal(InstallOutcome.Installed, result.Outcome);
        Assert.Equal(BypassState.Active, status.State);
        Assert.Equal(bypass.Cgroup.Path, status.Cgroup);
        Assert.Equal(AddressFamilies.IPv6, status.Family);
        Assert.Equal(["6379", "8000-8101"], status.Port);
        Assert.Equal(["8050"], status.ExcludePort);
        Assert.Equal(["10.0.0.0/8", "::1/128"], status.Address);
        Assert.Equal(["10.9.8.7/32"], status.ExcludeAddress);
        Assert.Equal(1234, status.MaxEntries);
        Assert.True(status.CrossNamespace);
        Assert.True(status.KeepSockets);
        Assert.True(status.ThroughNat);
        Assert.Equal(77_000u, status.QueueLimit);
        Assert.Equal(BypassVariant.Probing, status.Variant);
        Assert.InRange(status.InstalledAt, before.AddSeconds(-1), DateTime.Now.AddSeconds(1));
        Assert.Equal(2, status.Attachment.Count);
    }

    [Fact]
    public void InstallingTheSameAgainChangesNothing()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Ports = [PortRange.Parse("80"), PortRange.Parse("81")] });
        KernelObjects before = KernelObjects.Snapshot();
        DateTime installedAt = bypass.Status.InstalledAt;

        InstallResult again = bypass.Install(settings => settings with { Ports = [PortRange.Parse("80-81")] });

        Assert.Equal(InstallOutcome.AlreadyInstalled, again.Outcome);
        Assert.Equal(installedAt, bypass.Status.InstalledAt);
        before.AssertNothingLeft(InstalledBypass.IsOurs);
    }

    [Fact]
    public void InstallingWithOtherSettingsSaysWhatDiffersAndChangesNothing()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        KernelObjects before = KernelObjects.Snapshot();

        BypassException error = Assert.Throws<BypassException>(() => bypass.Install(settings => settings with
        {
            Ports = [PortRange.Parse("6379")],
            MaxEntries = 10,
        }));

        Assert.Equal(BypassError.BypassSettingsDiffer, error.Error);
        Assert.Contains("Port is any, asked for 6379", error.Message, StringComparison.Ordinal);
        Assert.Contains("MaxEntries is 65536, asked for 10", error.Message, StringComparison.Ordinal);
        Assert.Equal(65536, bypass.Status.MaxEntries);
        before.AssertNothingLeft(InstalledBypass.IsOurs);
    }

    [Fact]
    public void ReplacingUnderTrafficLosesNoByteAndLeavesNothingOfTheOld()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Connections = 4,
            BytesUp = TrafficOptions.UntilStopped,
            BytesDown = TrafficOptions.UntilStopped,
            WriteSizeUp = WriteSizes.Parse("1..60000"),
            WriteSizeDown = WriteSizes.Parse("1..60000"),
            Rate = 20 << 20,
        }));
        streams.WaitUntilConnected();

        for (int round = 1; round <= 5; round++)
        {
            streams.WaitForTraffic(200_000);
            IReadOnlyList<KernelObject> old = bypass.KernelObjects;
            InstallResult result = bypass.Install(
                settings => settings with { MaxEntries = 1000 + round },
                new InstallOptions { Replace = true });
            Assert.Equal(InstallOutcome.Replaced, result.Outcome);
            Assert.True(result.Replaced!.IsComplete);
            Assert.Equal(round == 1 ? 8 : 0, result.Replaced.RemovedEntries);
            Assert.Equal("cgroup_link", old.Where(each => each.Kind == KernelObjectKind.BpfLink).Intersect(bypass.KernelObjects).Single().Name);
            InstalledBypass.AssertGone([.. old.Except(bypass.KernelObjects)]);
            CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions { BytesUp = 50_000, BytesDown = 50_000 }));
            Assert.True(bypass.Status.BytesRedirected > 0);
            Assert.Equal(0UL, bypass.Status.SocketsRefused);
        }

        streams.Stop();
        Assert.Equal(1005, bypass.Status.MaxEntries);
        IReadOnlyList<KernelObject> objects = bypass.KernelObjects;
        bypass.Remove();
        InstalledBypass.AssertGone(objects);
    }

    [Fact]
    public void AReplacementThatFailsLeavesTheOldAtWork()
    {
        using InstalledBypass bypass = new();
        bypass.Install();

        // 2^31-1 entries of a SOCKHASH: no kernel has the memory for their buckets.
        BypassException error = Assert.Throws<BypassException>(() => bypass.Install(
            settings => settings with { MaxEntries = int.MaxValue },
            new InstallOptions { Replace = true }));

        Assert.Equal(BypassError.KernelRefused, error.Error);
        Assert.Equal(BypassState.Active, bypass.Status.State);
        Assert.Equal(["default"], Directory.GetDirectories(Path.GetDirectoryName(bypass.Folder)!).Select(Path.GetFileName));
        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions { BytesUp = 50_000, BytesDown = 50_000 }));
        Assert.True(bypass.Status.BytesRedirected > 0);
    }

    [Fact]
    public void RemovalLeavesNothingInTheKernel()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Addresses = [AddressRange.Parse("127.0.0.0/8")] });
        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions()));
        IReadOnlyList<KernelObject> objects = bypass.KernelObjects;

        RemovalResult result = bypass.Remove();

        Assert.True(result.IsComplete);
        Assert.Equal(0, result.DroppedBytes);
        Assert.Equal(28, objects.Count);
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(bypass.Folder)!));
        InstalledBypass.AssertGone(objects);
    }

    [Fact]
    public void TwoBypassesLiveSideBySide()
    {
        using InstalledBypass bypass = new();
        using TestCgroup other = TestCgroup.Create();
        bypass.Install();
        bypass.Install(settings => settings with { Name = "other", Cgroup = other.Path });

        CheckedStreams.Run(StreamScenario.In(other, new TrafficOptions { BytesUp = 50_000, BytesDown = 50_000 }));

        Assert.Equal(["default", "other"], bypass.Manager.List().Select(status => status.Name));
        Assert.Equal(0UL, bypass.Status.SocketsInserted);
        Assert.Equal(2UL, bypass.Manager.Get("other").SocketsInserted);
        Assert.True(bypass.Manager.Remove("other").IsComplete);
        Assert.Equal(BypassState.Active, bypass.Status.State);
    }

    [Fact]
    public void EntriesShowBothEndsOfALiveConnection()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Pattern = TrafficPattern.PingPong,
            BytesUp = 64_000,
            BytesDown = 64_000,
            WriteSizeUp = WriteSizes.Parse("64"),
            WriteSizeDown = WriteSizes.Parse("64"),
            HoldShutdown = true,
        }));
        streams.WaitUntilConnected();
        streams.Client.WaitUntilReceived(64_000);
        int serverPort = streams.Server.ListeningPort;
        int clientPort = streams.Client.ConnectedPorts.Single();

        IReadOnlyList<SockmapEntry> entries = bypass.Entries;

        SockmapEntry client = entries.Single(entry => entry.LocalPort == clientPort);
        SockmapEntry server = entries.Single(entry => entry.LocalPort == serverPort);
        Assert.Equal(2, entries.Count);
        Assert.Equal(serverPort, client.RemotePort);
        Assert.Equal(clientPort, server.RemotePort);
        Assert.All(entries, entry =>
        {
            Assert.Equal(IPAddress.Loopback, entry.LocalAddress);
            Assert.Equal(IPAddress.Loopback, entry.RemoteAddress);
            Assert.Equal(AddressFamilies.IPv4, entry.Family);
            Assert.Equal(SocketState.Established, entry.State);
            Assert.Equal(EntryPath.Redirected, entry.Path);
            Assert.Equal(64_000UL, entry.RedirectedBytes);
            Assert.Equal(1_000UL, entry.RedirectedMessages);
            Assert.Equal(0UL, entry.TcpBytes);
            Assert.NotEqual(0UL, entry.Cookie);
            Assert.NotEqual(0UL, entry.NetworkNamespaceCookie);
            Assert.Equal(0u, entry.UserId);
        });
        Assert.Contains($"socket:[{client.Inode}]", SocketsOf(streams.Client.Id));
        Assert.Contains($"socket:[{server.Inode}]", SocketsOf(streams.Server.Id));
        streams.SendCommand("shutdown");
        streams.Finish();
        Assert.Empty(bypass.Entries);
    }

    [Fact]
    public void AFullMapIsCountedToldAndTheConnectionsStayOnTcp()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { MaxEntries = 4 });

        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Connections = 10,
            BytesUp = 100_000,
            BytesDown = 100_000,
            HoldSending = true,
        }) with
        {
            ConfigureServer = options => options with { HoldSending = false },
            ConfigureClient = options => options with { HoldSending = false },
        });

        BypassStatus status = bypass.Status;
        Assert.True(status.SocketsMapFull > 0);
        Assert.Equal(20UL, status.SocketsInserted + status.SocketsMapFull);
        Assert.False(status.IsHealthy);
        Assert.Contains(status.Problem, problem => problem.Contains("found the map full", StringComparison.Ordinal));
    }

    [Fact]
    public void ABypassWhoseCgroupIsGoneSaysSoAndIsRemoved()
    {
        using InstalledBypass bypass = new();
        TestCgroup gone = TestCgroup.Create();
        bypass.Install(settings => settings with { Cgroup = gone.Path });
        gone.Dispose();

        // The kernel detaches in the background once the folder is gone.
        Assert.True(Patience.Until(() => bypass.Status.State == BypassState.Incomplete));
        BypassStatus status = bypass.Status;
        Assert.Null(status.Cgroup);
        Assert.Contains(status.Problem, problem => problem.Contains("cgroup is gone", StringComparison.Ordinal));
        Assert.True(bypass.Remove().IsComplete);
    }

    [Fact]
    public void AFolderOfAnotherVersionIsShownAndOnlyForceTakesItAway()
    {
        using InstalledBypass bypass = new();
        Directory.CreateDirectory(bypass.Folder);

        Assert.Equal(BypassState.Foreign, bypass.Status.State);
        Assert.Equal(BypassError.BypassForeign, Assert.Throws<BypassException>(() => bypass.Install()).Error);
        Assert.Equal(BypassError.BypassForeign, Assert.Throws<BypassException>(() => bypass.Remove()).Error);
        Assert.True(bypass.Remove(new RemoveOptions { Force = true }).IsComplete);
        Assert.Empty(bypass.Manager.List());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("../x")]
    [InlineData("x\n")]
    [InlineData("~x")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void ANameThatCannotBeIsRefused(string name)
    {
        using InstalledBypass bypass = new();
        BypassException error = Assert.Throws<BypassException>(() => bypass.Install(settings => settings with { Name = name }));
        Assert.Equal(BypassError.InvalidSetting, error.Error);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ErrorsNameTheValueAndLeaveNothingBehind()
    {
        using InstalledBypass bypass = new();
        KernelObjects before = KernelObjects.Snapshot();
        BypassError ErrorOf(Action action, string named)
        {
            BypassException error = Assert.Throws<BypassException>(action);
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
            return error.Error;
        }

        string missing = bypass.Cgroup.Path + "/missing";
        Assert.Equal(BypassError.CgroupNotFound, ErrorOf(() => bypass.Install(settings => settings with { Cgroup = missing }), missing));
        Assert.Equal(BypassError.NotACgroup, ErrorOf(() => bypass.Install(settings => settings with { Cgroup = "/tmp" }), "/tmp"));
        Assert.Equal(BypassError.NotACgroup, ErrorOf(() => bypass.Install(settings => settings with { Cgroup = "/etc/passwd" }), "/etc/passwd"));
        Assert.Equal(BypassError.InvalidSetting, ErrorOf(() => bypass.Install(settings => settings with { MaxEntries = 1 }), "1"));
        Assert.Equal(BypassError.InvalidSetting, ErrorOf(() => bypass.Install(settings => settings with { Family = AddressFamilies.None }), "None"));
        Assert.Equal(BypassError.BypassNotFound, ErrorOf(() => bypass.Manager.Get("nobody"), "nobody"));
        Assert.Equal(BypassError.BypassNotFound, ErrorOf(() => bypass.Manager.Remove("nobody"), "nobody"));
        Assert.Equal(BypassError.BypassNotFound, ErrorOf(() => _ = bypass.Manager.GetEntries("nobody").ToList(), "nobody"));
        BypassManager elsewhere = new(new BypassManagerOptions { BpfFileSystem = "/tmp" });
        Assert.Equal(BypassError.NoBpfFileSystem, ErrorOf(() => elsewhere.Install(bypass.Settings), "/tmp"));
        Assert.Empty(elsewhere.List());
        Assert.Empty(bypass.Manager.List());
        before.AssertNothingLeft(InstalledBypass.IsOurs);
    }

    [Fact]
    public void TwoWritersAreKeptApart()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using Bpf.Pinning.DirectoryLock other = Bpf.Pinning.DirectoryLock.Acquire(Path.GetDirectoryName(bypass.Folder)!, TimeSpan.Zero);
        BypassManager impatient = new(new BypassManagerOptions
        {
            BpfFileSystem = bypass.BpfFileSystem.Path,
            LockTimeout = TimeSpan.FromMilliseconds(100),
        });

        Assert.Equal(BypassError.BypassLocked, Assert.Throws<BypassException>(() => impatient.Install(bypass.Settings)).Error);
        Assert.Equal(BypassError.BypassLocked, Assert.Throws<BypassException>(() => impatient.Remove("default")).Error);
        Assert.Equal(BypassState.Active, impatient.Get("default").State);
        using CancellationTokenSource cancelled = new(TimeSpan.FromMilliseconds(100));
        Assert.ThrowsAny<OperationCanceledException>(() => bypass.Manager.Remove("default", null, cancelled.Token));
    }

    private static IEnumerable<string> SocketsOf(int process) =>
        Directory.GetFiles($"/proc/{process}/fd").Select(path => new FileInfo(path).LinkTarget ?? string.Empty);
}
