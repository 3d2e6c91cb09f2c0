using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.Core.Access;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// Reads the client's network address and its hints about the network. An invalid hint is ignored, so that no upload fails because of it.
/// Unrealistic values are clamped.
/// </summary>
internal static class ClientHints
{
    /// <summary>
    /// The service's own hint header: <c>metered</c>, <c>battery</c>, <c>send-ms=1234</c> (how long the client took to send its last body).
    /// </summary>
    public const string Own = ServiceHeaders.UploadClient;

    public const double LongestTripMs = 10_000;

    private const string RoundTrip = "RTT";
    private const string Downlink = "Downlink";
    private const string EffectiveType = "ECT";
    private const string SaveData = "Save-Data";

    private const double LongestSendMs = 3_600_000;
    private const double FastestMbps = 100_000;
    private const int Ipv4Bits = 24;
    private const int Ipv6Bits = 56;

    // Most clients send no hints; thousands of waiting requests share these instances.
    private static readonly SilentClient?[] Silent = new SilentClient?[256];

    public static ClientNetwork Read(HttpContext context)
    {
        var headers = context.Request.Headers;
        var (sparing, sendMs) = ReadOwn(headers[Own]);
        var link = SilentOf(context.Connection.RemoteIpAddress);
        var hinted = link with
        {
            RoundTrip = Number(headers[RoundTrip], LongestTripMs) / 1000,
            Rate = RateOf(Number(headers[Downlink], FastestMbps), headers[EffectiveType]),
            Sparing = string.Equals(headers[SaveData], "on", StringComparison.OrdinalIgnoreCase) ? true : sparing,
            SendSeconds = sendMs / 1000,
        };
        return hinted == link ? link : hinted;
    }

    /// <summary>Returns the rate in bytes per second; without a rate, a typical one of the network's class.</summary>
    public static double RateOf(double mbps, string? type) => mbps > 0 ? Math.Min(mbps, FastestMbps) * 1e6 / 8 : type switch
    {
        "slow-2g" or "2g" => 128 << 10,
        "3g" => 256 << 10,
        "4g" => 768 << 10,
        _ => 0,
    };

    /// <summary>Truncates the address: clients of one network share its measurements.</summary>
    public static string NetworkOf(IPAddress? address)
    {
        if (address is null)
            return "unknown";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        var bits = address.AddressFamily == AddressFamily.InterNetwork ? Ipv4Bits : Ipv6Bits;
        Array.Clear(bytes, bits / 8, bytes.Length - (bits / 8));
        return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{bits}");
    }

    // Each slot caches the last network; the same one usually recurs.
    private static ClientNetwork SilentOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address?.TryWriteBytes(bytes, out var written) != true)
            return new ClientNetwork(NetworkOf(address));
        var network = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        network = written == 4 ? (network >> (64 - Ipv4Bits)) + 1 : network >> (64 - Ipv6Bits) << (64 - Ipv6Bits);
        // An IPv6 address without a network: a mapped IPv4 address, or this machine.
        if (network == 0)
            return new ClientNetwork(NetworkOf(address));
        ref var place = ref Silent[(network * 0x9E3779B97F4A7C15) >> 56];
        if (Volatile.Read(ref place) is { } met && met.Address == network)
            return met.Network;
        var silent = new ClientNetwork(NetworkOf(address));
        Volatile.Write(ref place, new SilentClient(network, silent));
        return silent;
    }

    private static double Number(StringValues field, double most) =>
        field.Count == 1 && double.TryParse(field[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value > 0 && double.IsFinite(value) ? Math.Min(value, most) : 0;

    // True or false when the client states whether to save data; null when it does not.
    private static (bool? Sparing, double SendMs) ReadOwn(StringValues field)
    {
        var (sparing, sendMs) = ((bool?)null, 0.0);
        if (field.Count != 1 || field[0] is not { } text)
            return (sparing, sendMs);
        var members = new StructuredDictionary(text);
        while (members.MoveNext())
        {
            if (members.Key is "metered" or "battery")
                sparing = members.Kind == StructuredKind.Boolean ? sparing == true || members.Value is "1" : sparing;
            else if (members.Key is "send-ms" && members.Kind == StructuredKind.Number)
                sendMs = double.TryParse(members.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
                    && value > 0 ? Math.Min(value, LongestSendMs) : 0;
        }

        return members.Malformed ? (null, 0) : (sparing, sendMs);
    }

    /// <param name="Address">The first bits of the address; IPv4 addresses use numbers that are not used for IPv6.</param>
    private sealed record SilentClient(ulong Address, ClientNetwork Network);
}
