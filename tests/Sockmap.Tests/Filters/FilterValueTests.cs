using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Sockmap.Bypasses.Layout;
using Sockmap.Filters;

namespace Sockmap.Tests.Filters;

/// <summary>Ports and networks: what is read, what is written to the kernel, and that the one gives the other.</summary>
public sealed class FilterValueTests
{
    private static readonly Gen<PortRange> Range =
        from first in Gen.Choose(1, 65535)
        from last in Gen.Choose(first, 65535)
        select new PortRange(first, last);

    private static readonly Gen<IPNetwork> Network =
        from isIPv4 in Gen.Elements(true, false)
        from bytes in Gen.Choose(0, 255).ArrayOf(isIPv4 ? 4 : 16)
        from prefix in Gen.Choose(0, isIPv4 ? 32 : 128)
        select AddressRange.Parse($"{new IPAddress([.. bytes.Select(value => (byte)value)])}/{prefix}");

    [Fact]
    public void PortsComeBackFromTheirBitmapAsTheSameSet() => Prop.ForAll(
        Range.ListOf().ToArbitrary(),
        ranges => PortBitmap.Read(PortBitmap.Write(ranges)).SequenceEqual(PortRange.Normalize(ranges))).QuickCheckThrowOnFailure();

    [Fact]
    public void NormalizingKeepsExactlyThePortsThatWereThere() => Prop.ForAll(
        Range.ListOf().ToArbitrary(),
        ranges =>
        {
            HashSet<int> before = [.. ranges.SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1))];
            IReadOnlyList<PortRange> after = PortRange.Normalize(ranges);
            return before.SetEquals(after.SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1)))
                && after.Zip(after.Skip(1)).All(pair => pair.First.Last + 1 < pair.Second.First);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void NetworksComeBackFromTheirKeys() => Prop.ForAll(
        Network.ToArbitrary(),
        network => AddressKey.Read(AddressKey.Write(network)).Equals(network)).QuickCheckThrowOnFailure();

    [Fact]
    public void NormalizingDropsOnlyNetworksThatAnotherContains() => Prop.ForAll(
        Network.ListOf().ToArbitrary(),
        networks =>
        {
            IReadOnlyList<IPNetwork> kept = AddressRange.Normalize(networks);
            return networks.All(network => kept.Any(wider => wider.PrefixLength <= network.PrefixLength && wider.Contains(network.BaseAddress)))
                && kept.All(networks.Contains);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("6379", 6379, 6379)]
    [InlineData("8000-8100", 8000, 8100)]
    [InlineData(" 1 - 65535 ", 1, 65535)]
    public void PortsAreRead(string text, int first, int last) => Assert.Equal(new PortRange(first, last), PortRange.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("9-8")]
    [InlineData("1-2-3")]
    [InlineData("-5")]
    [InlineData("http")]
    [InlineData("99999999999")]
    public void WhatIsNoPortIsNamed(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => PortRange.Parse(text));
        Assert.Contains($"'{text}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("127.0.0.1", "127.0.0.1/32")]
    [InlineData("::1", "::1/128")]
    [InlineData("fd12::1/8", "fd00::/8")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    public void NetworksAreReadAndTheirHostBitsCleared(string text, string network) =>
        Assert.Equal(network, AddressRange.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/33")]
    [InlineData("::/129")]
    [InlineData("10.0.0.0/8/9")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("fe80::1%lo")]
    [InlineData("localhost")]
    public void WhatIsNoNetworkIsNamed(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => AddressRange.Parse(text));
        Assert.Contains($"'{text}'", error.Message, StringComparison.Ordinal);
    }
}
