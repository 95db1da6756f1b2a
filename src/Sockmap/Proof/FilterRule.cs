using System.Net;
using System.Net.NetworkInformation;
using Sockmap.Bypasses;
using Sockmap.Filters;

namespace Sockmap.Proof;

/// <summary>
/// Which addresses and ports of this host a bypass's filters let in, and which they keep out: passes_filters() of
/// bpf/bypass.bpf.c, for a connection whose both ends have one address.
/// </summary>
internal sealed class FilterRule
{
    private static readonly IPAddress Unusual = IPAddress.Parse("127.83.75.77");
    private static readonly PortRange AnyPort = new(1, ushort.MaxValue);

    private readonly BypassSettings _settings;
    private readonly IReadOnlyList<IPAddress> _addresses;

    public FilterRule(BypassSettings settings)
    {
        _settings = settings;
        Ports = Without(settings.Ports.Count == 0 ? [AnyPort] : settings.Ports, settings.ExcludedPorts);
        _addresses = [.. ListAddresses()];
    }

    /// <summary>Ports that pass.</summary>
    public IReadOnlyList<PortRange> Ports { get; }

    /// <summary>Addresses of this host that pass, the best to use first.</summary>
    public IEnumerable<IPAddress> Addresses => _addresses.Where(Passes);

    /// <summary>An address and ports for a connection that the filters keep out; null where they keep none out.</summary>
    public (IReadOnlyList<IPAddress> Addresses, IReadOnlyList<PortRange> Ports)? Outside
    {
        get
        {
            IReadOnlyList<IPAddress> loopback = [IPAddress.Loopback, IPAddress.IPv6Loopback];
            IReadOnlyList<PortRange> ports = Without([AnyPort], Ports);
            if (ports.Count > 0)
            {
                return (loopback, ports);
            }

            IReadOnlyList<IPAddress> addresses = [.. _addresses.Concat(loopback).Where(address => !Passes(address))];
            return addresses.Count > 0 ? (addresses, [AnyPort]) : null;
        }
    }

    /// <summary>The ranges without those parts that are in others.</summary>
    internal static IReadOnlyList<PortRange> Without(IReadOnlyList<PortRange> ranges, IReadOnlyList<PortRange> others)
    {
        List<PortRange> left = [.. ranges];
        foreach (PortRange other in others)
        {
            left = [.. left.SelectMany(range => Without(range, other))];
        }

        return PortRange.Normalize(left);
    }

    private static List<PortRange> Without(PortRange range, PortRange other)
    {
        if (other.Last < range.First || other.First > range.Last)
        {
            return [range];
        }

        List<PortRange> left = [];
        if (other.First > range.First)
        {
            left.Add(new PortRange(range.First, other.First - 1));
        }

        if (other.Last < range.Last)
        {
            left.Add(new PortRange(other.Last + 1, range.Last));
        }

        return left;
    }

    private bool Passes(IPAddress address) =>
        _settings.Family.HasFlag(AddressRange.FamilyOf(address))
        && (_settings.Addresses.Count == 0 || _settings.Addresses.Any(network => AddressRange.Contains(network, address)))
        && !_settings.ExcludedAddresses.Any(network => AddressRange.Contains(network, address));

    /// <summary>
    /// Loopback addresses first. Where ports are few, one that no service listens on alone: the port is free there more
    /// often, and nobody looks for the service there.
    /// </summary>
    private IEnumerable<IPAddress> ListAddresses()
    {
        List<IPAddress> addresses = _settings.Ports.Count > 0 ? [Unusual, IPAddress.Loopback] : [IPAddress.Loopback, Unusual];
        addresses.Add(IPAddress.IPv6Loopback);

        // All of 127.0.0.0/8 is this host's.
        addresses.AddRange(_settings.Addresses
            .Where(network => IPAddress.IsLoopback(network.BaseAddress))
            .SelectMany(network => (IPAddress[])[network.BaseAddress, Next(network.BaseAddress)]));
        addresses.AddRange(NetworkInterface.GetAllNetworkInterfaces()
            .Where(card => card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => !address.IsIPv6LinkLocal));
        return addresses.Distinct();
    }

    private static IPAddress Next(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes);
    }
}
