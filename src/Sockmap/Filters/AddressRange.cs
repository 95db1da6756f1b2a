using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sockmap.Filters;

/// <summary>Networks of addresses in CIDR notation, as filters take them and the kernel's tries hold them.</summary>
public static class AddressRange
{
    /// <summary>
    /// Reads <c>10.0.0.0/8</c>, <c>fd00::/8</c>, or a single address (<c>127.0.0.1</c>, <c>::1</c>). Bits behind the
    /// prefix are cleared, and ::ffff:a.b.c.d becomes the IPv4 address that it stands for.
    /// </summary>
    /// <exception cref="FormatException">The text is neither; the message names it.</exception>
    public static IPNetwork Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out IPNetwork network)
            ? network
            : throw new FormatException($"'{text}' is not an address (127.0.0.1, ::1) or a network (10.0.0.0/8, fd00::/8).");
    }

    /// <summary>Reads what <see cref="Parse"/> reads; false where the text is neither.</summary>
    public static bool TryParse(string? text, out IPNetwork network)
    {
        network = default;
        string[] parts = (text ?? string.Empty).Split('/');
        if (parts.Length > 2 || !IPAddress.TryParse(parts[0], out IPAddress? address) || address.ScopeIdOrZero() != 0)
        {
            return false;
        }

        int longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        int prefix = longest;
        if (parts.Length == 2
            && (!int.TryParse(parts[1], System.Globalization.NumberStyles.None, null, out prefix) || prefix > longest))
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6 && prefix >= 96)
        {
            address = address.MapToIPv4();
            prefix -= 96;
        }

        network = new IPNetwork(Mask(address, prefix), prefix);
        return true;
    }

    /// <summary>Sorts and drops networks that another one contains, so that equal sets of addresses are equal lists.</summary>
    public static IReadOnlyList<IPNetwork> Normalize(IEnumerable<IPNetwork> networks)
    {
        List<IPNetwork> kept = [];
        foreach (IPNetwork network in networks
            .OrderBy(network => network.PrefixLength)
            .ThenBy(network => network.BaseAddress.ToString(), StringComparer.Ordinal))
        {
            if (!kept.Exists(wider => Contains(wider, network)))
            {
                kept.Add(network);
            }
        }

        return [.. kept.OrderBy(network => network.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>
    /// Whether an address is in a network, as the kernel's tries have it: IPv4 addresses are those of ::ffff:0:0/96, so that
    /// ::/0 contains them too. (<see cref="IPNetwork.Contains"/> finds none of them in a network of IPv6.)
    /// </summary>
    public static bool Contains(IPNetwork network, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        int prefix = network.PrefixLength + (network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 96 : 0);
        return prefix == 0 || ((Number(network.BaseAddress) ^ Number(address)) >> (128 - prefix)) == 0;

        static UInt128 Number(IPAddress of) => BinaryPrimitives.ReadUInt128BigEndian(of.MapToIPv6().GetAddressBytes());
    }

    internal static AddressFamilies FamilyOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? AddressFamilies.IPv4 : AddressFamilies.IPv6;

    private static bool Contains(IPNetwork wider, IPNetwork network) =>
        wider.BaseAddress.AddressFamily == network.BaseAddress.AddressFamily
        && wider.PrefixLength <= network.PrefixLength
        && wider.Contains(network.BaseAddress);

    private static IPAddress Mask(IPAddress address, int prefix)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }

    private static long ScopeIdOrZero(this IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;
}
