using System.Net;
using Sockmap.Bypasses;
using Sockmap.Filters;
using Sockmap.Proof;

namespace Sockmap.Tests.Proof;

public sealed class FilterRuleTests
{
    [Theory]
    [InlineData("1-65535", "", "1-65535")]
    [InlineData("1-65535", "1-65535", "")]
    [InlineData("1-65535", "80", "1-79,81-65535")]
    [InlineData("1-65535", "1,65535", "2-65534")]
    [InlineData("6379", "6379", "")]
    [InlineData("6379", "6380", "6379")]
    [InlineData("10-20,30-40", "15-35", "10-14,36-40")]
    public void PortsAreTakenFromPorts(string ranges, string others, string left) =>
        Assert.Equal(left, string.Join(',', FilterRule.Without(Parse(ranges), Parse(others))));

    [Theory]
    [InlineData("127.0.0.0/8", "127.0.0.1", true)]
    [InlineData("127.0.0.0/8", "128.0.0.1", false)]
    [InlineData("0.0.0.0/0", "10.0.0.1", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("::/0", "127.0.0.1", true)]
    [InlineData("::/64", "127.0.0.1", true)]
    [InlineData("fd00::/8", "127.0.0.1", false)]
    [InlineData("::1/128", "::1", true)]
    public void NetworksContainWhatTheKernelsTrieFinds(string network, string address, bool contains) =>
        Assert.Equal(contains, AddressRange.Contains(AddressRange.Parse(network), IPAddress.Parse(address)));

    [Fact]
    public void WhereNothingIsKeptOutThereIsNoOutside()
    {
        Assert.Null(new FilterRule(new BypassSettings()).Outside);
        Assert.Equal(
            "1-6378,6380-65535",
            string.Join(',', new FilterRule(new BypassSettings { Ports = [PortRange.Parse("6379")] }).Outside!.Value.Ports));
        Assert.Equal(
            IPAddress.Loopback,
            new FilterRule(new BypassSettings { Family = AddressFamilies.IPv6 }).Outside!.Value.Addresses[0]);
    }

    private static PortRange[] Parse(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(PortRange.Parse)];
}
