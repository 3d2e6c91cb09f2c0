using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace ChunkUpload.Client.Straight;

/// <summary>Chooses the addresses at which a device is looked for, and tells overlay networks from others.</summary>
internal static class StraightAddresses
{
    /// <summary>The most addresses of a device that are tried.</summary>
    public const int Most = 8;

    private const int FirstMulticast = 224;

    // The names that Nebula, WireGuard, Tailscale and ZeroTier give their interfaces.
    private static readonly string[] OverlayNames = ["nebula", "wg", "tailscale", "zt", "tun", "utun"];

    // The addresses of Tailscale: 100.64.0.0/10 and fd7a:115c:a1e0::/48.
    private static readonly IPNetwork[] OverlayNetworks = [IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("fd7a:115c:a1e0::/48")];

    private static readonly IPNetwork[] PrivateNetworks =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("fc00::/7"),
        .. OverlayNetworks,
    ];

    /// <summary>Returns whether an address belongs to a private network.</summary>
    public static bool IsPrivate(IPAddress address) => PrivateNetworks.Any(network => network.Contains(address));

    /// <summary>Returns the addresses to try: those that the user has typed, and at most eight that the source has told.</summary>
    public static IReadOnlyList<IPEndPoint> Choose(IEnumerable<string> told, IReadOnlyList<IPEndPoint> typed)
    {
        var usable = told.Take(2 * Most).Select(text => IPEndPoint.TryParse(text, out var one) ? one : null).OfType<IPEndPoint>()
            .Where(one => one.Port > 0 && IsUsable(one.Address)).Select(Plain).Distinct().ToList();
        // A device that listens at its loopback alone was told to; no other one names it. Who types an address means another one.
        if (typed.Count > 0 || !usable.All(one => IPAddress.IsLoopback(one.Address)))
            _ = usable.RemoveAll(one => IPAddress.IsLoopback(one.Address));
        return [.. typed.Take(Most).Concat(usable.Take(Most)).Distinct()];
    }

    /// <summary>Returns whether bytes may be sent to, or a device may listen at, an address.</summary>
    public static bool IsUsable(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !address.IsIPv6Multicast && !address.IsIPv6LinkLocal && !address.IsIPv6SiteLocal && !address.Equals(IPAddress.IPv6Any);
        var bytes = address.GetAddressBytes();
        return bytes[0] != 0 && bytes[0] < FirstMulticast && bytes is not [169, 254, ..];
    }

    /// <summary>Returns whether a connection goes over an overlay network.</summary>
    /// <param name="local">The address of this computer from which it goes out.</param>
    public static bool IsOverlay(IPAddress local, IPAddress remote)
    {
        if (OverlayNetworks.Any(network => network.Contains(remote)))
            return true;
        try
        {
            return NetworkInterface.GetAllNetworkInterfaces().Any(one => IsOverlayName(one.Name)
                && one.GetIPProperties().UnicastAddresses.Any(address => address.Address.Equals(local)));
        }
        catch (NetworkInformationException)
        {
            return false;
        }
    }

    public static bool IsOverlayName(string name) => OverlayNames.Any(word =>
        name.StartsWith(word, StringComparison.OrdinalIgnoreCase));

    private static IPEndPoint Plain(IPEndPoint one) =>
        one.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(one.Address.MapToIPv4(), one.Port) : one;
}
