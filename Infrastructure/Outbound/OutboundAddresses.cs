using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace ChunkUpload.Infrastructure.Outbound;

/// <summary>Distinguishes addresses of the public internet from internal ones, at which only this machine might reach a service.</summary>
internal static class OutboundAddresses
{
    // IANA's special-purpose registry for IPv4.
    private static readonly IPNetwork[] NotPublic4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    // Within 2000::/3. Teredo and 6to4 addresses contain IPv4 addresses.
    private static readonly IPNetwork[] NotPublic6 =
        [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    /// <summary>The addresses of this machine, each with the length of its network's prefix.</summary>
    public static IReadOnlyList<(IPAddress Address, int Prefix)> Own() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses)
            .Select(own => (own.Address, own.PrefixLength)),
    ];

    /// <summary>
    /// Returns whether users may choose an address. It must be public, and neither an address of this machine nor, in IPv6, in one of its
    /// networks, because even public ones can be those of services behind the same firewall.
    /// </summary>
    public static bool IsAllowed(IPAddress address, IReadOnlyList<(IPAddress Address, int Prefix)> own)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return IsPublic(address) && !own.Any(one => one.Address.Equals(address) || IsOnLink(one.Address, one.Prefix, address));
    }

    private static bool IsOnLink(IPAddress own, int prefix, IPAddress address)
    {
        if (own.AddressFamily != AddressFamily.InterNetworkV6 || address.AddressFamily != AddressFamily.InterNetworkV6
            || prefix is < 48 or > 127)
            return false;
        var (one, other) = (own.GetAddressBytes(), address.GetAddressBytes());
        for (var bit = 0; bit < prefix; bit++)
        {
            if (((one[bit / 8] ^ other[bit / 8]) & (0x80 >> (bit % 8))) != 0)
                return false;
        }

        return true;
    }

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !NotPublic4.Any(network => network.Contains(address))
            : Global6.Contains(address) && !NotPublic6.Any(network => network.Contains(address));
    }
}
