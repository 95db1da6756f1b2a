using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Support;
using Sockmap.Support.Checks;
using Sockmap.Support.Experiments;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Support;

public sealed partial class ExperimentTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Theory]
    [EachVariant]
    public void ABypassedPairIsRedirectedByBothVerdicts(BypassVariant variant)
    {
        using ExperimentBench bench = Load(variant);
        using LoopbackPair pair = bench.ConnectBypassed();

        Finding finding = RedirectTest.Run(bench, pair);

        Assert.True(finding.State == SupportState.Supported, finding.Detail);
        EntryListed sender = bench.ReadState(pair.Sender).Listed;
        Assert.Equal(3UL, sender.RedirectedMessages);
        Assert.Equal(1UL + 64 + 4096, sender.RedirectedBytes);
        Assert.Equal(0UL, sender.TcpMessages);
        Assert.Equal(EntryFlags.Redirected, sender.Flags);

        // The kernel's own count, which stands still while nothing goes over TCP.
        Assert.Equal(0UL, BytesSent(pair.Sender));
    }

    [Fact]
    public void APlainPairIsNotTakenForARedirectedOne()
    {
        using ExperimentBench bench = Load(BypassVariant.Exact);
        using LoopbackPair pair = LoopbackPair.Connect();

        Finding finding = RedirectTest.Run(bench, pair);

        Assert.Equal(SupportState.Unsupported, finding.State);
        Assert.Equal(1UL + 64 + 4096, BytesSent(pair.Sender));
    }

    [Fact]
    public void BytesThatWentOverTcpSayNothing()
    {
        using ExperimentBench bench = Load(BypassVariant.Exact);

        Finding finding = ExperimentRun.Run(bench, new TestExperiment(_ => Observation.Of(isAsTcp: true, "It was", "silent")));

        Assert.Equal(SupportState.Unknown, finding.State);
        Assert.Contains("not redirected", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void AnExperimentThatFailsOverPlainTcpSaysNothing()
    {
        using ExperimentBench bench = Load(BypassVariant.Exact);

        Finding finding = ExperimentRun.Run(bench, new TestExperiment(_ => Observation.Of(isAsTcp: false, "It was", "wrong")));

        Assert.Equal(SupportState.Unknown, finding.State);
        Assert.Contains("over plain TCP", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatDiffersIsToldBesideWhatTcpDoes()
    {
        using ExperimentBench bench = Load(BypassVariant.Exact);
        int runs = 0;

        Finding finding = ExperimentRun.Run(bench, new TestExperiment(pair =>
        {
            pair.Send([1]);
            return Observation.Of(++runs == 1, "Run", runs == 1 ? "one" : "two");
        }));

        Assert.Equal(new Finding(SupportState.Unsupported, "Run two; over TCP one.", "Test it."), finding);
    }

    [Fact]
    public void FindingsAgreeWithWhatDotnetSeesOnABypassedPair()
    {
        using ExperimentBench bench = Load(BypassVariant.Exact);

        using LoopbackPair fionRead = bench.ConnectBypassed();
        fionRead.Sender.Send(new byte[100]);
        Assert.Equal(ExperimentRun.Run(bench, new FionReadExperiment()).State == SupportState.Supported, fionRead.Receiver.Available == 100);

        using LoopbackPair urgent = bench.ConnectBypassed();
        urgent.Sender.Send(new byte[100], SocketFlags.OutOfBand);
        Assert.Equal(ExperimentRun.Run(bench, new OutOfBandExperiment()).State == SupportState.Supported, urgent.Receiver.Receive(new byte[100]) == 99);

        using LoopbackPair closed = bench.ConnectBypassed();
        closed.Sender.Send(new byte[100]);
        closed.Receiver.Close();
        Assert.Equal(ExperimentRun.Run(bench, new CloseWithUnreadDataExperiment()).State == SupportState.Supported, IsReset(closed.Sender));

        using LoopbackPair charged = bench.ConnectBypassed();
        charged.Sender.Send(new byte[4096]);
        Assert.Equal(ExperimentRun.Run(bench, new ReceiverChargedExperiment()).State == SupportState.Supported, ChargedBySs(charged.Receiver) >= 4096);
    }

    [Fact]
    public void FindingsDoNotHangOnTheVerdictNorOnHiddenSymbols()
    {
        using ExperimentBench exact = Load(BypassVariant.Exact);
        using ExperimentBench probing = Load(BypassVariant.Probing);
        using ExperimentBench hidden = ExperimentBench.Load(BypassVariant.Exact, wokenWakeFunction: 0);
        Assert.All(SupportProbe.Experiments, experiment =>
        {
            Finding finding = ExperimentRun.Run(exact, experiment);
            Assert.Equal(finding, ExperimentRun.Run(probing, experiment));
            Assert.Equal(finding, ExperimentRun.Run(hidden, experiment));
            Assert.DoesNotContain("not redirected", finding.Detail, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void SpliceNeverHangsOnABypassedPair()
    {
        using ExperimentBench bench = Load(BypassVariant.Exact);

        Finding? finding = null;
        Thread thread = new(() => finding = ExperimentRun.Run(bench, new SpliceExperiment())) { IsBackground = true };
        thread.Start();

        Assert.True(thread.Join(Limit));
        Assert.NotEqual(SupportState.Unknown, finding!.Value.State);
    }

    [Fact]
    public void NothingIsLeftInTheKernel()
    {
        HashSet<uint> before = [.. BpfMap.EnumerateIds()];
        uint[] made;
        using (ExperimentBench bench = Load(BypassVariant.Exact))
        {
            using LoopbackPair pair = bench.ConnectBypassed();
            Assert.Equal(SupportState.Supported, RedirectTest.Run(bench, pair).State);
            made = [.. BpfMap.EnumerateIds().Where(id => !before.Contains(id))];
        }

        // At least the SOCKHASH, the storage, the counters and the slot. They are freed after a grace period of the kernel. By
        // ids only: opening a program array while the kernel empties it makes 6.18 lose a reference to it.
        Assert.True(made.Length >= 4);
        Assert.True(SpinWait.SpinUntil(() => !BpfMap.EnumerateIds().Any(made.Contains), Limit));
    }

    private static ExperimentBench Load(BypassVariant variant) =>
        ExperimentBench.Load(variant, KernelSymbols.Find(["woken_wake_function"]).GetValueOrDefault("woken_wake_function"));

    private static bool IsReset(Socket socket)
    {
        try
        {
            Assert.Equal(0, socket.Receive(new byte[1]));
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }

    /// <summary>tcpi_bytes_sent of include/uapi/linux/tcp.h.</summary>
    private static ulong BytesSent(Socket socket)
    {
        Span<byte> info = stackalloc byte[256];
        Assert.True(socket.GetRawSocketOption(optionLevel: 6, optionName: 11, info) >= 208);
        return BinaryPrimitives.ReadUInt64LittleEndian(info[200..]);
    }

    /// <summary>The r of skmem, as ss(8) of iproute2 shows it.</summary>
    private static int ChargedBySs(Socket socket)
    {
        (int local, int remote) = (((IPEndPoint)socket.LocalEndPoint!).Port, ((IPEndPoint)socket.RemoteEndPoint!).Port);
        using Process process = Process.Start(new ProcessStartInfo("ss", ["-Htmn", $"sport = :{local} and dport = :{remote}"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Match memory = SocketMemory().Match(output);
        Assert.True(memory.Success, output);
        return int.Parse(memory.Groups["r"].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"skmem:\(r(?<r>\d+),", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex SocketMemory();
}
