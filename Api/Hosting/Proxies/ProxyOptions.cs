using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Hosting.Proxies;

internal enum ProxyHeaders
{
    /// <summary>X-Forwarded-For, -Proto, -Host, -Port and -Prefix, which most proxies write.</summary>
    XForwarded = 1,

    /// <summary>Forwarded, of RFC 7239.</summary>
    Forwarded,
}

/// <summary>How the address of a new upload or file is given out.</summary>
internal enum LocationForm
{
    /// <summary>With scheme and host.</summary>
    Absolute = 1,

    /// <summary>As a path.</summary>
    Relative,
}

/// <summary>What stands between the clients and the service.</summary>
[Settings("Proxy")]
internal sealed class ProxyOptions : IValidatableObject
{
    [Description("The proxies whose word about scheme, host and path is taken, as addresses or networks: 127.0.0.1, 10.0.0.0/8. No "
        + "interim responses go through them.")]
    public string[] Trusted { get; set; } = [];

    [Description("Which headers those proxies write: XForwarded or Forwarded. The other kind is passed over, because a proxy passes on "
        + "what clients write in it.")]
    public ProxyHeaders Headers { get; set; } = ProxyHeaders.XForwarded;

    [Description("The address by which clients reach the service, such as https://files.example.org/upload; whole addresses that are "
        + "given out begin with it. Not set: as trusted proxies say, else as the request says.")]
    public string? PublicUrl { get; set; }

    [Description("Whether the address of a new upload or file is given with scheme and host (Absolute) or as a path (Relative), for "
        + "operators whose proxy hides both.")]
    public LocationForm Location { get; set; } = LocationForm.Absolute;

    /// <summary>An address is a network of one.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        }

        return IPNetwork.TryParse(text, out network);
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var text in Trusted)
        {
            if (!TryParse(text, out _))
                yield return new ValidationResult(
                    $"Proxy:Trusted: \"{text}\" is not an address or a network such as 10.0.0.0/8.", [nameof(Trusted)]);
        }

        if (PublicUrl is not null && Proxies.PublicUrl.Parse(PublicUrl) is null)
            yield return new ValidationResult(
                $"Proxy:PublicUrl: \"{PublicUrl}\" is not an address such as https://files.example.org/upload.", [nameof(PublicUrl)]);
    }
}
