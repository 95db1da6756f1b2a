using System.Net;

namespace Sockmap.TestKit.Placement;

/// <summary>Two network namespaces joined by a veth pair, with an IPv4 and an IPv6 address each.</summary>
public sealed class NetworkNamespacePair : IDisposable
{
    /// <summary>Name of the veth interface in either namespace.</summary>
    public const string Interface = "veth0";

    private NetworkNamespacePair(TestNetworkNamespace left, TestNetworkNamespace right)
    {
        Left = left;
        Right = right;
    }

    public TestNetworkNamespace Left { get; }

    public TestNetworkNamespace Right { get; }

    // Documentation addresses (RFC 5737, RFC 3849): the namespaces know no others.
    public IPAddress LeftV4 { get; } = IPAddress.Parse("192.0.2.1");

    public IPAddress RightV4 { get; } = IPAddress.Parse("192.0.2.2");

    public IPAddress LeftV6 { get; } = IPAddress.Parse("2001:db8::1");

    public IPAddress RightV6 { get; } = IPAddress.Parse("2001:db8::2");

    public static NetworkNamespacePair Create()
    {
        TestNetworkNamespace left = TestNetworkNamespace.Create();
        TestNetworkNamespace? right = null;
        try
        {
            right = TestNetworkNamespace.Create();
            var pair = new NetworkNamespacePair(left, right);
            left.Ip($"link add {Interface} type veth peer name {Interface} netns {right.Path}");
            // Without duplicate address detection the IPv6 address is there at once.
            left.Ip($"addr add {pair.LeftV4}/24 dev {Interface}", $"addr add {pair.LeftV6}/64 dev {Interface} nodad", $"link set {Interface} up");
            right.Ip($"addr add {pair.RightV4}/24 dev {Interface}", $"addr add {pair.RightV6}/64 dev {Interface} nodad", $"link set {Interface} up");
            return pair;
        }
        catch
        {
            right?.Dispose();
            left.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
    }
}
