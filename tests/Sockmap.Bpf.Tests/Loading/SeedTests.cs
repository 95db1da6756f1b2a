using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>
/// The shapes of objects that people load with bpftool today, in both styles of maps: loaded, pinned, joined by a
/// pinned map, attached, and at work on the traffic of a cgroup.
/// </summary>
public sealed class SeedTests
{
    private const int Bytes = 50_000;

    [Theory]
    [InlineData("", "pair24", 24)]
    [InlineData("new_", "pair24", 24)]
    [InlineData("", "pair44", 44)]
    [InlineData("new_", "pair44", 44)]
    public void Two_objects_that_share_a_map(string style, string name, int keySize)
    {
        using TestBpfFileSystem pins = TestBpfFileSystem.Mount();
        using BpfObject taking = Load($"{style}{name}_sockops", []);
        taking.Pin(pins.Path, pins.Path);
        taking.Dispose();

        using BpfMap shared = BpfMap.OpenPinned($"{pins.Path}/sock_ops_map");
        Assert.Equal((BpfMapType.SockHash, keySize, 4, 65535u), (shared.Type, shared.KeySize, shared.ValueSize, shared.MaxEntries));
        using BpfObject redirecting = Load($"{style}{name}_redirect", new(StringComparer.Ordinal) { ["sock_ops_map"] = shared });
        using BpfProgram takesIn = BpfProgram.OpenPinned(taking.ProgramPins.Values.Single());

        Attached(takesIn, [(redirecting.Programs.Values.Single(), shared)], () => Assert.Equal(2, shared.EnumerateKeys().Count()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("new_")]
    public void Two_objects_that_share_two_maps(string style)
    {
        using BpfObject taking = Load($"{style}proxy_sockops", []);
        using BpfObject redirecting = Load($"{style}proxy_redirect", new(taking.Maps, StringComparer.Ordinal));
        BpfMap active = taking.Maps["skops_map"];
        BpfMap passive = taking.Maps["skops_proxy_map"];
        BpfProgram redirect = redirecting.Programs["bpf_tcpip_bypass"];

        Attached(taking.Programs["bpf_sockmap"], [(redirect, active), (redirect, passive)], () =>
        {
            Assert.Single(active.EnumerateKeys());
            Assert.Single(passive.EnumerateKeys());
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("new_")]
    public void One_object_with_both_programs(string style)
    {
        using BpfObject both = Load($"{style}redir_bypass", []);
        BpfMap sockets = both.Maps["sock_map"];
        Assert.Equal((BpfMapType.SockMap, 8, 2u), (sockets.Type, sockets.ValueSize, sockets.MaxEntries));

        Attached(both.Programs["sockops_prog"], [(both.Programs["sk_msg_prog"], sockets)], () =>
        {
            byte[] cookie = new byte[8];
            Assert.True(sockets.TryLookup(BitConverter.GetBytes(0), cookie));
            Assert.True(sockets.TryLookup(BitConverter.GetBytes(1), cookie));
        });
    }

    private static BpfObject Load(string name, Dictionary<string, BpfMap> replacements) =>
        BpfObject.Load(TestObjects.Read($"seeds/{name}.bpf.o"), new BpfObjectOptions { MapReplacements = replacements });

    private static void Attached(BpfProgram takesIn, (BpfProgram Program, BpfMap Map)[] verdicts, Action whileConnected)
    {
        using TestCgroup cgroup = TestCgroup.Create();
        foreach ((BpfProgram program, BpfMap map) in verdicts)
        {
            ProgramAttachment.Attach(program, map.Handle, BpfAttachType.SkMsgVerdict);
        }

        try
        {
            using CgroupDirectory directory = CgroupDirectory.Open(cgroup.Path);
            ProgramAttachment.Attach(takesIn, directory.Handle, BpfAttachType.CgroupSockOps);
            RunTraffic(cgroup, whileConnected);
            ProgramAttachment.Detach(takesIn, directory.Handle, BpfAttachType.CgroupSockOps);
        }
        finally
        {
            foreach ((BpfProgram program, BpfMap map) in verdicts)
            {
                ProgramAttachment.Detach(program, map.Handle, BpfAttachType.SkMsgVerdict);
            }
        }
    }

    private static void RunTraffic(TestCgroup cgroup, Action whileConnected)
    {
        int port = FreePort();
        using PacketCounter wire = PacketCounter.Start("lo", port);
        TrafficOptions options = new()
        {
            Pattern = TrafficPattern.PingPong,
            HoldSending = true,
            BytesUp = Bytes,
            BytesDown = Bytes,
            WriteSizeUp = WriteSizes.Parse("1000"),
            WriteSizeDown = WriteSizes.Parse("1000"),
        };
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(cgroup, options) with
        {
            ConfigureServer = o => o with { Port = port },
        });
        streams.WaitUntilConnected();
        whileConnected();
        streams.SendCommand("resume-sending");
        StreamReport report = streams.Finish();

        PacketCounts counts = wire.Read();
        Assert.Equal((Bytes, Bytes), (report.BytesUp, report.BytesDown));
        Assert.True(counts.Segments > 0, "The connection's own segments must be seen, or the absence of others proves nothing.");
        Assert.Equal(0, counts.PayloadBytes);
    }

    // Below those that the kernel hands out, where the demo with one object expects its server.
    private static int FreePort()
    {
        for (int port = 20_000; port < 30_000; port++)
        {
            try
            {
                using TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }

        throw new InvalidOperationException("No port from 20000 to 29999 is free.");
    }
}
