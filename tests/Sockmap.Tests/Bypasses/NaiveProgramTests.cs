using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;
using Sockmap.Traffic.Reporting;

namespace Sockmap.Tests.Bypasses;

/// <summary>
/// The counter-example: what the demos on the web do (redirect, ignore the miss). The checks that our programs pass
/// find its reordering, so that passing them means something.
/// </summary>
public sealed class NaiveProgramTests
{
    private static TrafficOptions LatePeer => new()
    {
        DeferAccept = true,
        LateAcceptMs = 30,
        Connections = 4,
        BytesUp = 200_000,
        BytesDown = 200_000,
        WriteSizeUp = WriteSizes.Parse("1..3000"),
        WriteSizeDown = WriteSizes.Parse("1..3000"),
    };

    [Fact]
    public void IsCaughtReorderingWhenThePeerEntersTheMapLate()
    {
        using TestCgroup cgroup = TestCgroup.Create();
        using BpfObject naive = BpfObject.Load(ObjectSpec.ReadFile(Path.Combine(AppContext.BaseDirectory, "objects", "naive.bpf.o")));
        ProgramAttachment.Attach(naive.Programs["naive_redirect"], naive.Maps["sockhash"].Handle, BpfAttachType.SkMsgVerdict);
        using CgroupDirectory directory = CgroupDirectory.Open(cgroup.Path);
        using BpfLink link = BpfLink.CreateCgroup(naive.Programs["naive_take_in"], directory.Handle, BpfAttachType.CgroupSockOps);

        TrafficErrorKind? seen = null;
        for (int round = 0; round < 10 && seen is null; round++)
        {
            try
            {
                CheckedStreams.Run(StreamScenario.In(cgroup, LatePeer));
            }
            catch (TrafficFailedException failure)
            {
                seen = (failure.Server?.Errors ?? []).Concat(failure.Client?.Errors ?? []).Select(error => (TrafficErrorKind?)error.Kind).FirstOrDefault();
            }
        }

        naive.Maps["redirected"].TryLookup(0u, out ulong redirected);
        Assert.True(redirected > 0);
        Assert.Equal(TrafficErrorKind.Mismatch, seen);
    }

    [Theory]
    [EachVariant]
    public void OurProgramsPassTheSameCheck(Sockmap.Bypasses.BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });

        for (int round = 0; round < 10; round++)
        {
            CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, LatePeer));
        }

        Assert.True(bypass.Status.BytesRedirected > 0);
    }
}
