using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using ChunkUpload.Core.Mail;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Hosting.Proxies;

internal enum ProxyHeaders
{
    /// <summary>X-Forwarded-For, -Proto, -Host, -Port and -Prefix, which most proxies write.</summary>
    XForwarded = 1,

    /// <summary>The Forwarded header (RFC 7239).</summary>
    Forwarded,
}

/// <summary>The proxies between the clients and the service.</summary>
[Settings("Proxy")]
internal sealed class ProxyOptions : IValidatableObject
{
    [Description(
        "Operators behind a proxy list its addresses or networks, such as 127.0.0.1, 10.0.0.0/8. The service believes what these "
        + "proxies say about scheme, host and path, and sends no interim responses through them.")]
    public string[] Trusted { get; set; } = [];

    [Description(
        "Which headers those proxies write: XForwarded or Forwarded. Operators set it to their proxy's kind. The service ignores the "
        + "other kind, because a proxy passes on what clients write in it.")]
    public ProxyHeaders Headers { get; set; } = ProxyHeaders.XForwarded;

    [Description(
        "Operators behind a proxy set the address by which clients reach the service, such as https://files.example.org/upload. "
        + "Absolute addresses in answers begin with it. Not set: the trusted proxy's headers decide, else the request's.")]
    public string? PublicUrl { get; set; }

    [Description(
        "Operators who give files an origin of their own set its address, such as https://content.example.net, which leads to this "
        + "service too: browsers that open a file are redirected there, where no page and no cookie of the service is. It "
        + "needs Proxy:PublicUrl, with another host.")]
    public string? ContentUrl { get; set; }

    /// <summary>Parses a network; a single address is a network of one.</summary>
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

        if (PublicUrl is null && validationContext.GetService(typeof(MailOptions)) is MailOptions { AreOn: true })
            yield return new ValidationResult(
                "Mail:Host needs Proxy:PublicUrl: links in mails begin with it, and not with what the sender of a request claims.",
                [nameof(PublicUrl)]);
        if (PublicUrl is not null && Proxies.PublicUrl.Parse(PublicUrl) is null)
            yield return new ValidationResult(
                $"Proxy:PublicUrl: \"{PublicUrl}\" is not an address such as https://files.example.org/upload.", [nameof(PublicUrl)]);
        if (ContentUrl is not null && Proxies.PublicUrl.Parse(ContentUrl) is not { Prefix: "" })
        {
            yield return new ValidationResult(
                $"Proxy:ContentUrl: \"{ContentUrl}\" is not an origin such as https://content.example.net.", [nameof(ContentUrl)]);
        }
        else if (ContentUrl is not null && PublicUrl is null)
        {
            yield return new ValidationResult(
                "Proxy:ContentUrl needs Proxy:PublicUrl: requests to its host get nothing but files, so the pages must have another host.",
                [nameof(ContentUrl)]);
        }
        else if (ContentUrl is not null && Proxies.PublicUrl.Parse(ContentUrl)!.Host == Proxies.PublicUrl.Parse(PublicUrl!)?.Host)
        {
            yield return new ValidationResult(
                "Proxy:ContentUrl must have another host than Proxy:PublicUrl: it keeps files apart from the pages.", [nameof(ContentUrl)]);
        }
    }
}
