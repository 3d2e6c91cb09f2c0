using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Api.Projects;

/// <summary>Validates the addresses at which a device listens. The service passes them on, and never connects to them.</summary>
internal static class StraightAddresses
{
    public const int Most = 8;

    private const int Longest = 64;

    public static bool AreValid(IReadOnlyList<string?> all) => all.Count <= Most && all.All(IsValid);

    private static bool IsValid(string? text) => text is { Length: > 0 and <= Longest } && IPEndPoint.TryParse(text, out var one)
        && one.Port > 0 && !one.Address.IsIPv6Multicast && !one.Address.IsIPv6LinkLocal && !one.Address.Equals(IPAddress.Any)
        && !one.Address.Equals(IPAddress.IPv6Any) && !one.Address.Equals(IPAddress.Broadcast)
        && (one.AddressFamily != AddressFamily.InterNetwork || one.Address.GetAddressBytes() is not [>= 224, ..] and not [169, 254, ..]);
}
