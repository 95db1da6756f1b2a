using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Programs;
using Sockmap.Proxies;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Kit;

namespace Sockmap.Tests.Proxies;

/// <summary>
/// A network that loses packets has TCP send some bytes twice, and new ones with them. The kernel's tcp_read_skb gives such a
/// segment whole, so that a program which redirects what it gets doubles bytes.
/// </summary>
public sealed class LossyNetworkTests
{
    /// <summary>One packet in 128 is lost: r0 = bpf_get_prandom_u32(); r0 &amp;= 127; return r0 != 0.</summary>
    private static readonly byte[] LoseSome =
    [
        0x85, 0, 0, 0, 7, 0, 0, 0,
        0x57, 0, 0, 0, 127, 0, 0, 0,
        0x55, 0, 2, 0, 0, 0, 0, 0,
        0xb7, 0, 0, 0, 0, 0, 0, 0,
        0x95, 0, 0, 0, 0, 0, 0, 0,
        0xb7, 0, 0, 0, 1, 0, 0, 0,
        0x95, 0, 0, 0, 0, 0, 0, 0,
    ];

    [Fact]
    public void BytesThatAreLostAndSentAgainArriveOnce()
    {
        using TestCgroup cgroup = TestCgroup.Create();
        using BpfProgram program = BpfProgram.Load(new ProgramLoadRequest { Name = "lose_some", Type = BpfProgramType.CgroupSkb, ExpectedAttachType = BpfAttachType.CgroupInetIngress, Instructions = LoseSome });
        using CgroupDirectory directory = CgroupDirectory.Open(cgroup.Path);
        ProgramAttachment.Attach(program, directory.Handle, BpfAttachType.CgroupInetIngress);
        using CgroupVisit visit = CgroupVisit.To(cgroup);
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        List<Action> work = [];
        List<Socket> sockets = [];
        for (int i = 0; i < 4; i++)
        {
            Socket client = proxy.Connect(), server = target.Accept();
            sockets.AddRange([client, server]);
            byte[] up = Bytes.Make(8_000_000, i), down = Bytes.Make(8_000_000, -i - 1);
            work.AddRange([() => Bytes.Send(client, up, 100, 65536, 1, 3000), () => Bytes.AssertReceives(server, up), () => Bytes.Send(server, down, 1448, 20000), () => Bytes.AssertReceives(client, down)]);
        }

        Bytes.Together([.. work]);
        ProxyStatus status = proxy.Status;
        sockets.ForEach(socket => socket.Dispose());
        Assert.Equal(0UL, status.Reset);
        Assert.True(status.SplicedBytesUp > 0 && status.SplicedBytesDown > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(5000)]
    public void BytesThatComeTwiceWithNewOnesArriveOnce(int repeated)
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        Socket client = proxy.Connect();
        using Socket server = target.Accept();
        SpliceTests.WaitUntilSpliced(proxy);
        byte[] bytes = Bytes.Make(100_000, repeated);
        Bytes.Send(client, bytes[..50_000]);
        Assert.True(Bytes.Receive(server, 50_000).AsSpan().SequenceEqual(bytes.AsSpan(0, 50_000)));

        using Socket again = RepairedSocket.GoBack(client, repeated);
        Bytes.Send(again, bytes[(50_000 - repeated)..]);
        Assert.True(Bytes.Receive(server, 50_000).AsSpan().SequenceEqual(bytes.AsSpan(50_000)), "Other bytes came than were sent.");
        again.Shutdown(SocketShutdown.Send);
        Bytes.AssertEnd(server);
        Assert.Equal(0UL, proxy.Status.Reset);

        // Segments that have nothing new are left out by TCP itself.
        Assert.InRange(proxy.Status.RepeatedBytes, 1UL, (ulong)repeated);
    }
}
