using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Features;

namespace Sockmap.Bpf.Tests.Features;

/// <summary>What the kernel here (6.18) can and cannot; an older one skips what is newer than it.</summary>
public sealed class FeatureProbesTests
{
    [Theory]
    [InlineData(BpfProgramType.SockOps)]
    [InlineData(BpfProgramType.SkMsg)]
    [InlineData(BpfProgramType.SkSkb)]
    [InlineData(BpfProgramType.SchedCls)]
    [InlineData(BpfProgramType.Kprobe)]
    [InlineData(BpfProgramType.CgroupSockAddr)]
    [InlineData(BpfProgramType.CgroupSockopt)]
    [InlineData(BpfProgramType.SkLookup)]
    [InlineData(BpfProgramType.Syscall)]
    [InlineData(BpfProgramType.Tracing)]
    public void Program_types_that_are_there_are_found(BpfProgramType type) => AssertSupported(FeatureProbes.ProgramType(type));

    /// <summary>A sandbox may forbid these even to root (EPERM); that must never read as "the kernel cannot".</summary>
    [Theory]
    [InlineData(BpfProgramType.Ext)]
    [InlineData(BpfProgramType.Lsm)]
    public void A_type_that_is_forbidden_is_not_called_missing(BpfProgramType type)
    {
        FeatureProbe probe = FeatureProbes.ProgramType(type);
        Assert.Equal(probe.Errno == Errno.EPERM, probe.State == FeatureState.Unknown);
    }

    [Fact]
    public void A_program_type_that_does_not_exist_is_not_found() => AssertUnsupported(FeatureProbes.ProgramType((BpfProgramType)4000));

    [Theory]
    [InlineData(BpfMapType.Hash)]
    [InlineData(BpfMapType.Array)]
    [InlineData(BpfMapType.ProgArray)]
    [InlineData(BpfMapType.PercpuArray)]
    [InlineData(BpfMapType.LpmTrie)]
    [InlineData(BpfMapType.SockHash)]
    [InlineData(BpfMapType.SockMap)]
    [InlineData(BpfMapType.SkStorage)]
    [InlineData(BpfMapType.TaskStorage)]
    [InlineData(BpfMapType.RingBuf)]
    [InlineData(BpfMapType.Queue)]
    [InlineData(BpfMapType.StackTrace)]
    [InlineData(BpfMapType.HashOfMaps)]
    [InlineData(BpfMapType.BloomFilter)]
    public void Map_types_that_are_there_are_found(BpfMapType type) => AssertSupported(FeatureProbes.MapType(type));

    [Fact]
    public void Of_a_map_type_that_does_not_exist_nothing_is_known() =>
        Assert.Equal(FeatureState.Unknown, FeatureProbes.MapType((BpfMapType)4000).State);

    [Theory]
    [InlineData(BpfProgramType.SockOps, 70)] // bpf_sock_hash_update
    [InlineData(BpfProgramType.SkMsg, 71)] // bpf_msg_redirect_hash
    [InlineData(BpfProgramType.SockOps, 46)] // bpf_get_socket_cookie
    [InlineData(BpfProgramType.SkMsg, 122)] // bpf_get_netns_cookie
    [InlineData(BpfProgramType.SkMsg, 107)] // bpf_sk_storage_get
    [InlineData(BpfProgramType.SocketFilter, 5)] // bpf_ktime_get_ns, which takes no arguments
    public void Helpers_that_a_type_may_call_are_found(BpfProgramType type, int helper) => AssertSupported(FeatureProbes.Helper(type, helper));

    [Theory]
    [InlineData(BpfProgramType.SkMsg, 70)] // bpf_sock_hash_update
    [InlineData(BpfProgramType.SkMsg, 46)] // bpf_get_socket_cookie
    [InlineData(BpfProgramType.SocketFilter, 71)] // bpf_msg_redirect_hash
    [InlineData(BpfProgramType.SocketFilter, 100_000)]
    public void Helpers_that_a_type_may_not_call_are_told(BpfProgramType type, int helper)
    {
        FeatureProbe probe = FeatureProbes.Helper(type, helper);
        AssertUnsupported(probe);
        Assert.NotEqual(0, probe.Errno);
    }

    [Fact]
    public void A_helper_of_a_type_that_needs_a_target_is_unknown() =>
        Assert.Equal(FeatureState.Unknown, FeatureProbes.Helper(BpfProgramType.Tracing, 1).State);

    [Fact]
    public void What_a_bypass_is_built_from_is_there()
    {
        AssertSupported(FeatureProbes.CgroupLink());
        AssertSupported(FeatureProbes.SockmapLink());
        AssertSupported(FeatureProbes.SockmapQuery());
        AssertSupported(FeatureProbes.BtfLoad());
        AssertSupported(FeatureProbes.KernelBtf());
        AssertSupported(FeatureProbes.SockmapIterator());
        AssertSupported(FeatureProbes.Kallsyms());
    }

    [Fact]
    public void Probes_leave_nothing_behind()
    {
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int i = 0; i < 50; i++)
        {
            FeatureProbes.SockmapLink();
            FeatureProbes.MapType(BpfMapType.SkStorage);
            FeatureProbes.ProgramType(BpfProgramType.SkMsg);
        }

        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, before + 10);
    }

    [Fact]
    public void Capabilities_are_read()
    {
        AssertSupported(FeatureProbes.Capability(LinuxCapability.NetAdmin));
        ProcessCapabilities none = ProcessCapabilities.Parse("Name:\tx\nCapEff:\t0000000000000000\n");
        Assert.False(none.Has(LinuxCapability.Bpf));
        ProcessCapabilities admin = ProcessCapabilities.Parse("CapEff:\t0000000000200000\n");
        Assert.True(admin.Has(LinuxCapability.SysAdmin) && admin.Has(LinuxCapability.Bpf) && admin.Has(LinuxCapability.PerfMon));
        Assert.False(admin.Has(LinuxCapability.NetAdmin));
        Assert.Throws<InvalidDataException>(() => ProcessCapabilities.Parse("Name:\tx\n"));
    }

    [Fact]
    public void Functions_are_found_in_BTF_and_broken_BTF_is_told()
    {
        byte[] btf = Programs.BtfObjectTests.FunctionBtf();
        BtfSpec spec = BtfSpec.Parse(btf.ToArray(), "test");
        Assert.True(spec.TryFind("main", BtfKind.Function, out BtfType function));
        Assert.Equal(3u, function.Id);
        Assert.False(spec.TryFind("mai", BtfKind.Function, out _));
        Assert.Throws<BpfFormatException>(() => BtfSpec.Parse(btf.AsMemory(0, 60), "test"));
        btf[24 + 7] = 31; // a kind that does not exist
        Assert.Throws<BpfFormatException>(() => BtfSpec.Parse(btf, "test"));
        Assert.Throws<BpfFormatException>(() => BtfSpec.Parse(Array.Empty<byte>(), "test"));
    }

    private static void AssertSupported(FeatureProbe probe) =>
        Assert.True(probe.State == FeatureState.Supported, $"{probe.Name}: {probe.State}, {probe.Reason}");

    private static void AssertUnsupported(FeatureProbe probe) =>
        Assert.True(probe.State == FeatureState.Unsupported, $"{probe.Name}: {probe.State}, {probe.Reason}");
}
