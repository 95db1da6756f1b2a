using Sockmap.Cli.Demo;

namespace Sockmap.Cli.Tests.Demo;

public sealed class DemoPrivilegesTests
{
    [Theory]
    [InlineData("000001ffffffffff", "")]
    [InlineData("0000000000000000", "CAP_BPF CAP_NET_ADMIN CAP_PERFMON")]
    [InlineData("0000000000201000", "")] // CAP_SYS_ADMIN and CAP_NET_ADMIN
    [InlineData("000000c000000000", "CAP_NET_ADMIN")]
    [InlineData("0000008000001000", "CAP_PERFMON")]
    [InlineData("00000000a80425fb", "CAP_BPF CAP_NET_ADMIN CAP_PERFMON")] // a container's usual set
    public void Names_what_is_missing(string effective, string missing) =>
        Assert.Equal(missing, string.Join(' ', DemoPrivileges.Missing($"Name:\tx\nCapEff:\t{effective}\nCapBnd:\tffff\n")));
}
