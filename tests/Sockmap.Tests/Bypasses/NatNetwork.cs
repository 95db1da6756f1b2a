using System.Net;
using System.Net.Sockets;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Bypasses;

/// <summary>
/// Two namespaces, of which the left one takes the right one for the way to everywhere, and nftables' NAT in either. A test
/// that asks for it is skipped where there is no nft(8).
/// </summary>
internal sealed class NatNetwork : IDisposable
{
    /// <summary>Where the proxy listens.</summary>
    public const int ProxyPort = 15001;

    /// <summary>Where clients connect to.</summary>
    public const int ServicePort = 8080;

    private const int Patience = 10_000;

    private readonly NetworkNamespacePair _pair;

    /// <summary>Addresses that no namespace has (RFC 5737, RFC 3849): only NAT leads anywhere.</summary>
    public static IPAddress ServiceV4 { get; } = IPAddress.Parse("198.51.100.1");

    /// <inheritdoc cref="ServiceV4"/>
    public static IPAddress ServiceV6 { get; } = IPAddress.Parse("2001:db8:1::1");

    public NatNetwork()
    {
        Assert.SkipWhen(Machine.MissingForNat is not null, Machine.MissingForNat ?? string.Empty);
        _pair = NetworkNamespacePair.Create();
        try
        {
            Left.Ip($"route add {ServiceV4}/32 via {_pair.RightV4}", $"route add {ServiceV6}/128 via {_pair.RightV6}");
        }
        catch
        {
            _pair.Dispose();
            throw;
        }
    }

    public TestNetworkNamespace Left => _pair.Left;

    public TestNetworkNamespace Right => _pair.Right;

    public IPAddress LeftV4 => _pair.LeftV4;

    public IPAddress LeftV6 => _pair.LeftV6;

    public IPAddress RightV4 => _pair.RightV4;

    public static EndPoint Service => new IPEndPoint(ServiceV4, ServicePort);

    /// <summary>What a connection to the service becomes where it is made, such as <c>redirect to :15001</c>.</summary>
    public static void Translate(TestNetworkNamespace network, string to, string hook = "output") => network.Nft($$"""
        table inet test_nat {
            chain {{hook}} {
                type nat hook {{hook}} priority -100
                ip daddr {{ServiceV4}} tcp dport {{ServicePort}} {{to}}
                ip6 daddr {{ServiceV6}} tcp dport {{ServicePort}} {{to}}
            }
        }
        """);

    /// <summary>The same for one family, where an address is named.</summary>
    public static void Translate(TestNetworkNamespace network, IPAddress to, string hook = "output")
    {
        bool isV6 = to.AddressFamily == AddressFamily.InterNetworkV6;
        network.Nft($$"""
            table {{(isV6 ? "ip6" : "ip")}} test_nat {
                chain {{hook}} {
                    type nat hook {{hook}} priority -100
                    {{(isV6 ? $"ip6 daddr {ServiceV6}" : $"ip daddr {ServiceV4}")}} tcp dport {{ServicePort}} dnat to {{new IPEndPoint(to, ProxyPort)}}
                }
            }
            """);
    }

    public static Socket Create(TestNetworkNamespace network, AddressFamily family = AddressFamily.InterNetwork)
    {
        Socket socket = network.CreateSocket(family);
        socket.ReceiveTimeout = Patience;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        return socket;
    }

    public static Socket Listen(TestNetworkNamespace network, int port = ProxyPort, AddressFamily family = AddressFamily.InterNetwork)
    {
        Socket listener = Create(network, family);
        if (family == AddressFamily.InterNetworkV6)
        {
            listener.DualMode = true;
        }

        listener.Bind(new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        listener.Listen();
        return listener;
    }

    public static Socket Accept(Socket listener)
    {
        Socket accepted = listener.Accept();
        accepted.ReceiveTimeout = Patience;
        return accepted;
    }

    public void Dispose() => _pair.Dispose();
}
