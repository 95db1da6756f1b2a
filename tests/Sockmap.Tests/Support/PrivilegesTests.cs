using Sockmap.Bpf.Features;
using Sockmap.Support;

namespace Sockmap.Tests.Support;

public sealed class PrivilegesTests
{
    [Theory]
    [InlineData("000001ffffffffff", "")]
    [InlineData("0000000000000000", "CAP_BPF CAP_NET_ADMIN CAP_PERFMON")]
    [InlineData("0000000000200000", "")] // CAP_SYS_ADMIN
    [InlineData("000000c000001000", "")] // CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN
    [InlineData("000000c000000000", "CAP_NET_ADMIN")]
    [InlineData("0000008000001000", "CAP_PERFMON")]
    [InlineData("00000000a80425fb", "CAP_BPF CAP_NET_ADMIN CAP_PERFMON")] // a container's usual set
    public void WhatIsMissingIsNamed(string effective, string missing) =>
        Assert.Equal(missing, string.Join(' ', Privileges.Missing(ProcessCapabilities.Parse($"Name:\tx\nCapEff:\t{effective}\nCapBnd:\tffff\n"))));
}
