using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Filters;
using Sockmap.Proof;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Tests.Bypasses;
using Sockmap.Tests.Workers;
using Sockmap.Traffic.Options;
using Sockmap.Workers;

namespace Sockmap.Tests.Proof;

/// <summary>A bypass that works is proven, one that does not is not, and what cannot be told is an error; nothing is left.</summary>
public sealed class ProofTests
{
    private static ProofOptions Options => new() { Worker = new CliWorkerHost() };

    [Theory]
    [EachVariant]
    public void ABypassThatWorksIsProvenByTheKernelsCounters(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });

        ProofResult result = Prove(bypass);

        Assert.True(result.Passed, result.Summary);
        Assert.All(result.Finding, finding => Assert.True(finding.Passed, finding.ToString()));
        Assert.True(result.BytesSent > 500_000);
        Assert.Equal(result.BytesSent, result.BytesRedirected);
        Assert.Equal(0UL, result.BytesOverTcp);
        Assert.Equal(0UL, result.MessagesOverTcp);
        Assert.Equal(result.BytesSent, result.OutsideBytesSent);
        Assert.Equal(result.BytesSent, result.OutsideBytesOverTcp);
        Assert.Equal(0UL, result.OutsideBytesRedirected);
        Assert.StartsWith(bypass.Cgroup.Path + "/", result.Cgroup, StringComparison.Ordinal);
        Assert.False(result.OutsideCgroup!.StartsWith(bypass.Cgroup.Path + "/", StringComparison.Ordinal));

        // The bypass's own counters know of the same bytes.
        BypassStatus status = bypass.Status;
        Assert.Equal(result.BytesRedirected, status.BytesRedirected);
        Assert.Equal(2UL, status.SocketsInserted);
    }

    [Fact]
    public void AnyDotnetProgramCanBeTheWorker()
    {
        using InstalledBypass bypass = new();
        bypass.Install();

        ProofResult result = Prove(bypass, Options with { Worker = new DotnetWorkerHost(CliWorkerHost.Program, "--version") });

        Assert.True(result.Passed, result.Summary);
    }

    [Fact]
    public void OtherTrafficIsNotInItsNumbers()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Connections = 2,
            BytesUp = TrafficOptions.UntilStopped,
            BytesDown = TrafficOptions.UntilStopped,
            Rate = 8 << 20,
        }));
        streams.WaitUntilConnected();
        streams.WaitForTraffic(50_000);

        ProofResult result = bypass.Manager.Prove(BypassSettings.DefaultName, Options);

        Assert.True(result.Passed, result.Summary);
        Assert.Equal(result.BytesSent, result.BytesRedirected);
        Assert.True(bypass.Status.BytesRedirected > result.BytesRedirected);
        streams.Stop();
    }

    [Fact]
    public void WithAnEmptySlotItFails()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using (BpfMap slot = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "slot")))
        {
            Assert.True(slot.TryDelete(0u));
        }

        ProofResult result = Prove(bypass);

        Assert.Equal(["Inside.BypassIsActive", "Inside.BytesRedirected", "Inside.TcpInfo"], Failed(result));
        Assert.Contains("Paused: The slot is empty", result.Summary, StringComparison.Ordinal);
        Assert.Contains("(Paused)", Detail(result, "Inside.BytesRedirected"), StringComparison.Ordinal);
        Assert.Equal(result.BytesSent, result.BytesOverTcp);
        Assert.Equal(0UL, result.BytesRedirected);
        Assert.Equal(32UL, result.MessagesOverTcp);
    }

    [Fact]
    public void WithTheSkMsgProgramDetachedItFails()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        Detach(bypass, "sockmap_link");

        ProofResult result = Prove(bypass);

        Assert.Equal(["Inside.BypassIsActive", "Inside.BytesRedirected", "Inside.TcpInfo"], Failed(result));
        Assert.Contains("sk_msg program is no longer attached", result.Summary, StringComparison.Ordinal);
        Assert.Contains("never asked", Detail(result, "Inside.BytesRedirected"), StringComparison.Ordinal);
        Assert.Equal(result.BytesSent, result.BytesOverTcp);
    }

    [Fact]
    public void WithTheCgroupLinkDetachedItFails()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        Detach(bypass, "cgroup_link");

        ProofResult result = Prove(bypass);

        Assert.Equal(["Inside.BypassIsActive", "Inside.InMap", "Inside.BytesRedirected", "Inside.TcpInfo"], Failed(result));
        Assert.Contains("not attached to its cgroup", result.Summary, StringComparison.Ordinal);
        Assert.Equal(result.BytesSent, result.BytesOverTcp);
    }

    [Fact]
    public void WithAFullMapItFails()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { MaxEntries = 2 });
        using Socket listener = ListenIn(bypass.Cgroup, out LocalConnection connection);
        using (connection)
        {
            ProofResult result = Prove(bypass);

            Assert.Contains("Inside.InMap", Failed(result));
            Assert.Contains("the map is full (2 of 2 sockets)", Detail(result, "Inside.InMap"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhereAnotherBypassHasTheSocketsItFailsAndNamesThatOne()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        bypass.Install(settings => settings with { Name = "second" });

        ProofResult first = bypass.Manager.Prove("default", Options);
        ProofResult second = bypass.Manager.Prove("second", Options);

        Assert.True(first.Passed ^ second.Passed);
        ProofResult loser = first.Passed ? second : first;
        Assert.Contains(
            $"bypass '{(first.Passed ? "default" : "second")}' has it", loser.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void WhereAnotherBypassCoversTheOutsideTheContrastIsNotItsFault()
    {
        using InstalledBypass bypass = new();
        using TestCgroup child = bypass.Cgroup.CreateChild("below");
        bypass.Install(settings => settings with { Cgroup = child.Path });
        bypass.Install(settings => settings with { Name = "outer" });

        ProofResult result = Prove(bypass);

        Assert.True(result.Passed, result.Summary);
        ProofFinding contrast = result.Finding.Single(finding => finding.Name == "Outside.TcpInfo");
        Assert.Null(contrast.Passed);
        Assert.Contains("in bypass 'outer'", contrast.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", AddressFamilies.Any, "127.0.0.1")]
    [InlineData("6379", "", AddressFamilies.Any, "127.83.75.77")]
    [InlineData("!1024-65535", "", AddressFamilies.Any, "127.0.0.1")]
    [InlineData("!6379", "", AddressFamilies.IPv6, "::1")]
    [InlineData("6379,8000-8100,!6379", "::1", AddressFamilies.Any, "::1")]
    [InlineData("", "::/0", AddressFamilies.IPv4, "127.0.0.1")]
    [InlineData("", "127.5.0.0/16", AddressFamilies.Any, "127.5.0.0")]
    [InlineData("", "!127.0.0.0/8", AddressFamilies.Any, "::1")]
    [InlineData("", "10.77.0.0/16", AddressFamilies.Any, "10.77.0.1")]
    [InlineData("", "!127.0.0.0/8,!::1", AddressFamilies.Any, "10.77.0.1")]
    public void ItsConnectionPassesTheFilters(string ports, string addresses, AddressFamilies family, string expected)
    {
        using InstalledBypass bypass = new();
        using TestNetworkNamespace network = TestNetworkNamespace.Create();
        network.Ip("addr add 10.77.0.1/24 dev lo");
        bypass.Install(settings => settings with
        {
            Ports = [.. Included(ports).Select(PortRange.Parse)],
            ExcludedPorts = [.. Excluded(ports).Select(PortRange.Parse)],
            Addresses = [.. Included(addresses).Select(AddressRange.Parse)],
            ExcludedAddresses = [.. Excluded(addresses).Select(AddressRange.Parse)],
            Family = family,
        });

        JsonElement result = ProveIn(network, bypass);

        Assert.Equal(expected, result.GetProperty("address").GetString());
        Assert.Equal(result.GetProperty("bytesSent").GetUInt64(), result.GetProperty("bytesRedirected").GetUInt64());
    }

    [Fact]
    public void WhereAServiceHasTheOnlyPortThatIsSaidAndNoFailure()
    {
        using InstalledBypass bypass = new();
        using TestNetworkNamespace network = TestNetworkNamespace.Create();
        bypass.Install(settings => settings with { Ports = [PortRange.Parse("6379")] });
        using Socket service = network.CreateSocket(AddressFamily.InterNetworkV6);
        service.DualMode = true;
        service.Bind(new IPEndPoint(IPAddress.IPv6Any, 6379));
        service.Listen();

        (int exitCode, _, string errors) = RunProofIn(network, bypass);

        Assert.Equal(1, exitCode);
        Assert.Contains("(6379) is free to listen on", errors, StringComparison.Ordinal);
        Assert.Contains("Address already in use", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void AServiceOnOneAddressLeavesOthers()
    {
        using InstalledBypass bypass = new();
        using TestNetworkNamespace network = TestNetworkNamespace.Create();
        bypass.Install(settings => settings with { Ports = [PortRange.Parse("6379")] });
        using Socket service = network.CreateSocket();
        service.Bind(new IPEndPoint(IPAddress.Loopback, 6379));
        service.Listen();

        Assert.Equal(6379, ProveIn(network, bypass).GetProperty("port").GetInt32());

        // The port is free at once: a second proof does not wait for TIME_WAIT.
        Assert.Equal(6379, ProveIn(network, bypass).GetProperty("port").GetInt32());
    }

    [Fact]
    public void WhereTheFiltersLetInNothingOfThisHostThatIsSaid()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Addresses = [AddressRange.Parse("203.0.113.0/24")] });

        BypassException error = Assert.Throws<BypassException>(() => Prove(bypass));

        Assert.Equal(BypassError.BypassNotProvable, error.Error);
        Assert.Contains("no address of this host", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OnTheRootOfTheHierarchyTheContrastIsWhatTheFiltersKeepOut()
    {
        using InstalledBypass bypass = new();

        // A port that nobody else on this machine uses: the bypass covers all of its processes.
        bypass.Install(settings => settings with { Cgroup = CgroupHierarchy.FindRoot(), Ports = [PortRange.Parse("43931")] });

        ProofResult result = Prove(bypass);

        Assert.True(result.Passed, result.Summary);
        Assert.Equal(43931, result.Port);
        Assert.NotEqual(43931, result.OutsidePort);
        Assert.Equal(result.Cgroup, result.OutsideCgroup);
        Assert.Equal(result.OutsideBytesSent, result.OutsideBytesOverTcp);
    }

    [Fact]
    public void AcrossNamespacesItWorksToo()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { CrossNamespace = true });

        Assert.True(Prove(bypass).Passed);
    }

    [Fact]
    public void ASmallQueueLimitDoesNotHinder()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { QueueLimit = 4096 });

        Assert.True(Prove(bypass).Passed);
    }

    [Fact]
    public void ABypassThatIsNotThereIsAnError()
    {
        using InstalledBypass bypass = new();

        Assert.Equal(BypassError.BypassNotFound, Assert.Throws<BypassException>(() => Prove(bypass)).Error);
    }

    [Fact]
    public void OneWhoseCgroupIsGoneIsAnError()
    {
        using InstalledBypass bypass = new();
        using TestCgroup child = bypass.Cgroup.CreateChild("gone");
        bypass.Install(settings => settings with { Cgroup = child.Path });
        child.Dispose();

        BypassException error = Assert.Throws<BypassException>(() => Prove(bypass));

        Assert.Equal(BypassError.CgroupNotFound, error.Error);
    }

    [Fact]
    public void OneWhoseCgroupIsFrozenIsAnError()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        File.WriteAllText(Path.Combine(bypass.Cgroup.Path, "cgroup.freeze"), "1");

        BypassException error = Assert.Throws<BypassException>(() => Prove(bypass, Options with { Timeout = TimeSpan.FromSeconds(3) }));

        Assert.Equal(BypassError.BypassNotProvable, error.Error);
        Assert.Contains("frozen", error.Message, StringComparison.Ordinal);
        AssertNothingIsLeft(bypass);
    }

    [Fact]
    public void OneWhoseCgroupIsThreadedIsAnError()
    {
        using InstalledBypass bypass = new();
        string threads = Path.Combine(bypass.Cgroup.Path, "threads");
        Directory.CreateDirectory(threads);
        try
        {
            File.WriteAllText(Path.Combine(threads, "cgroup.type"), "threaded");
            bypass.Install(settings => settings with { Cgroup = threads });

            BypassException error = Assert.Throws<BypassException>(() => Prove(bypass));

            Assert.Equal(BypassError.CgroupNotUsable, error.Error);
            Assert.Contains("threaded", error.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetDirectories(threads));
        }
        finally
        {
            // The kit would use cgroup.kill, which threaded cgroups do not have.
            Directory.Delete(threads);
        }
    }

    [Fact]
    public void InManyThreadsAtOnceEachHasItsOwn()
    {
        using InstalledBypass bypass = new();
        bypass.Install();

        ProofResult[] results = [.. Enumerable.Range(0, 4).AsParallel().WithDegreeOfParallelism(4)
            .Select(_ => bypass.Manager.Prove(BypassSettings.DefaultName, Options))];

        Assert.All(results, result => Assert.True(result.Passed, result.Summary));
        Assert.Equal(results.Length, results.Select(result => result.Cgroup).Distinct(StringComparer.Ordinal).Count());
        AssertNothingIsLeft(bypass);
    }

    [Theory]
    [InlineData("read line; kill -9 $$", "ended before its time")]
    [InlineData("exec sleep 100", "has not answered")]
    [InlineData("read line; echo hello; exec cat", "answered something else")]
    [InlineData("read line; echo null; exec cat", "answered nothing")]
    public void AWorkerThatDoesNotWorkIsAnErrorAndLeavesNothing(string script, string message)
    {
        using InstalledBypass bypass = new();
        bypass.Install();

        BypassException error = Assert.Throws<BypassException>(
            () => Prove(bypass, new ProofOptions { Worker = new ShellWorkerHost(script), Timeout = TimeSpan.FromSeconds(2) }));

        Assert.Equal(BypassError.WorkerFailed, error.Error);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        AssertNothingIsLeft(bypass);
    }

    [Fact]
    public void CancellingLeavesNothing()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CancellationTokenSource cancelled = new(TimeSpan.FromSeconds(1));

        Assert.ThrowsAny<OperationCanceledException>(
            () => bypass.Manager.Prove(BypassSettings.DefaultName, new ProofOptions { Worker = new ShellWorkerHost("exec sleep 100") }, cancelled.Token));

        AssertNothingIsLeft(bypass);
    }

    [Fact]
    public void WhatAKilledProofLeftGoesWithTheNext()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        string left = Path.Combine(bypass.Cgroup.Path, "sockmap-proof-999999999-1");
        string inUse = Path.Combine(bypass.Cgroup.Path, string.Create(CultureInfo.InvariantCulture, $"sockmap-proof-{Environment.ProcessId}-999"));
        foreach (string path in new[] { left, inUse })
        {
            Directory.CreateDirectory(path);
            Directory.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
        }

        Assert.True(bypass.Manager.Prove(BypassSettings.DefaultName, Options).Passed);

        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(inUse));
    }

    private static ProofResult Prove(InstalledBypass bypass, ProofOptions? options = null)
    {
        ProofResult result = bypass.Manager.Prove(BypassSettings.DefaultName, options ?? Options);
        AssertNothingIsLeft(bypass);
        Assert.Equal(result.Passed, Failed(result).Count == 0);

        // The kernel unlinks a reset socket before the process is gone.
        using Socket again = new(result.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        again.Bind(new IPEndPoint(result.Address, result.Port));
        return result;
    }

    /// <summary>The command proves it in a network namespace: a thread of this process would leave others there.</summary>
    /// <returns>Its document.</returns>
    private static JsonElement ProveIn(TestNetworkNamespace network, InstalledBypass bypass)
    {
        (int exitCode, string output, string errors) = RunProofIn(network, bypass);
        Assert.True(exitCode == 0, output + errors);
        JsonElement result = JsonElement.Parse(output);
        Assert.True(result.GetProperty("passed").GetBoolean(), output);
        return result;
    }

    private static (int ExitCode, string Output, string Errors) RunProofIn(TestNetworkNamespace network, InstalledBypass bypass)
    {
        (string command, IReadOnlyList<string> arguments) = network.Enter(CliWorkerHost.Program, "--json", "--bpffs", bypass.BpfFileSystem.Path, "test");
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        AssertNothingIsLeft(bypass, process.Id);
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    private static void AssertNothingIsLeft(InstalledBypass bypass) => AssertNothingIsLeft(bypass, Environment.ProcessId);

    private static void AssertNothingIsLeft(InstalledBypass bypass, int prover)
    {
        foreach (string parent in new[] { bypass.Cgroup.Path, Path.GetDirectoryName(bypass.Cgroup.Path)! })
        {
            Assert.Empty(Directory.GetDirectories(parent, string.Create(CultureInfo.InvariantCulture, $"sockmap-proof-{prover}-*")));
        }

        Assert.Empty(bypass.Cgroup.Members);
    }

    private static IReadOnlyList<string> Failed(ProofResult result) =>
        [.. result.Finding.Where(finding => finding.Passed == false).Select(finding => finding.Name)];

    private static string Detail(ProofResult result, string finding) => result.Finding.Single(one => one.Name == finding).Detail;

    private static Socket ListenIn(TestCgroup cgroup, out LocalConnection connection)
    {
        using CgroupVisit visit = CgroupVisit.To(cgroup);
        Socket listener = LocalConnection.Listen();
        connection = new LocalConnection(listener);
        return listener;
    }

    private static void Detach(InstalledBypass bypass, string pin)
    {
        using BpfLink link = BpfLink.OpenPinned(Path.Combine(bypass.Folder, pin));
        link.Detach();
    }

    private static IEnumerable<string> Included(string filter) => filter.Split(',', StringSplitOptions.RemoveEmptyEntries).Where(part => part[0] != '!');

    private static IEnumerable<string> Excluded(string filter) => filter.Split(',', StringSplitOptions.RemoveEmptyEntries).Where(part => part[0] == '!').Select(part => part[1..]);
}
