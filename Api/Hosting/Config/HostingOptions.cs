using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Hosting;

/// <summary>Which code reads and writes the sockets below the HTTP server.</summary>
internal enum HostTransport
{
    Own = 1,
    Sockets,
}

/// <summary>How the service listens and how it goes down.</summary>
[Settings("Host")]
internal sealed class HostingOptions : IValidatableObject
{
    [Description("The addresses to listen on, with commas between. Port 0 takes a free one.")]
    public string[] Urls { get; set; } = ["http://127.0.0.1:8080"];

    [Description("Further addresses, which speak HTTP/1.1 alone. Interim responses exist only there, and over TLS clients such as "
        + "URLSession would choose HTTP/2.")]
    public string[] Http1Urls { get; set; } = [];

    [Description("Further addresses, which speak HTTP/2 alone: without TLS, for clients and proxies that know it beforehand (h2c).")]
    public string[] Http2Urls { get; set; } = [];

    [Description("Who reads and writes the sockets. Own: the service itself, so that bytes a socket has delivered survive a broken "
        + "connection, and large uploads and downloads cost less. Sockets: Kestrel's own transport, for operators whose .NET is newer "
        + "than the one this was built for or who suspect the own transport of a fault. When a connection ends within a body, Kestrel "
        + "discards what the service has not read of it by then, about 1 MiB at most, and the client sends these bytes again.")]
    public HostTransport Transport { get; set; } = HostTransport.Own;

    [Description("TLS on every address, as if all began with https. Without Host:CertificateFile the service makes a certificate of its "
        + "own at the first start and keeps it in the data directory (tls.pem).")]
    public bool Tls { get; set; }

    [Description("The certificate chain as a PEM file; needed for an https address, unless Host:Tls makes one.")]
    public string? CertificateFile { get; set; }

    [Description("The certificate's private key as a PEM file.")]
    public string? CertificateKeyFile { get; set; }

    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    [Description("How long running requests may take to reach a checkpoint and answer when the service stops.")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an idle connection is kept for the next request: longer than the usual 60 to 120 s of proxies, so that they close first.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; internal set; } = TimeSpan.FromSeconds(130);

    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    [Description("How long a client may take to send a request's headers.")]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Range(0, 1 << 20)]
    [Description(
        "Bytes per second that a body brings at least, on the whole; slower ones are cut, and what came is kept. 0: as slow as they like.")]
    public int MinBodyRate { get; set; } = 32;

    /// <summary>How long a body may go on before Host:MinBodyRate is asked for.</summary>
    public TimeSpan SlowBodyGrace { get; internal set; } = TimeSpan.FromMinutes(1);

    [Range(8 * 1024, 1024 * 1024)]
    [Description("The largest sum of a request's headers; a larger one is answered with 431.")]
    public int RequestHeadersSize { get; set; } = 32 * 1024;

    /// <summary>All that it listens on.</summary>
    public IEnumerable<string> AllUrls => Urls.Concat(Http1Urls).Concat(Http2Urls);

    public bool MakesCertificate => Tls && CertificateFile is null;

    /// <summary>An address as it is spoken: the scheme of all is https where TLS is on.</summary>
    public string Spoken(string url) => Tls && url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "https" + url[4..] : url;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Urls.Length == 0)
            yield return new ValidationResult("Host:Urls is empty: name at least one address to listen on.");
        foreach (var (name, urls) in new[] { ("Host:Urls", Urls), ("Host:Http1Urls", Http1Urls), ("Host:Http2Urls", Http2Urls) })
        {
            foreach (var url in urls)
            {
                if (Fault(url) is { } fault)
                    yield return new ValidationResult($"{name}: \"{url}\" {fault}.");
            }
        }

        if (CertificateFile is null != CertificateKeyFile is null)
            yield return new ValidationResult("Host:CertificateFile and Host:CertificateKeyFile belong together: set both or none.");
    }

    private string? Fault(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return "is not an address such as http://127.0.0.1:8080";
        }

        if (address.Scheme is not ("http" or "https"))
            return "must begin with http:// or https://";
        if (address.IsUnixPipe || address.IsNamedPipe)
            return "must name a host and a port";
        if (address.PathBase.Length > 0)
            return "must not have a path";
        if (address.Port is < 0 or > 65535)
            return "has no valid port";
        if (address.Port == 0 && address.Host == "localhost")
            return "needs a port; only an IP address can take a free one";
        return address.Scheme == "https" && CertificateFile is null && !Tls
            ? "needs Host:CertificateFile and Host:CertificateKeyFile, or Host:Tls"
            : null;
    }
}
