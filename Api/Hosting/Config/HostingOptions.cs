using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Hosting;

/// <summary>The transport below Kestrel.</summary>
internal enum HostTransport
{
    Own = 1,
    Sockets,
}

/// <summary>Settings for how the service listens and stops.</summary>
[Settings("Host")]
internal sealed class HostingOptions : IValidatableObject
{
    [Description("The addresses to listen on, separated by commas. Operators who serve other machines name an address of their network. "
        + "Port 0 takes a free port.")]
    public string[] Urls { get; set; } = ["http://127.0.0.1:8080"];

    [Description(
        "Further addresses that speak only HTTP/1.1, for operators whose clients need interim responses: over TLS, clients such as "
        + "URLSession would choose HTTP/2, which has none here.")]
    public string[] Http1Urls { get; set; } = [];

    [Description(
        "Further addresses that speak only HTTP/2, also without TLS, for operators whose proxies or clients use h2c with prior "
        + "knowledge.")]
    public string[] Http2Urls { get; set; } = [];

    [Description(
        "Further https addresses that speak HTTP/3, over UDP, for operators whose clients are on lossy or changing networks. It needs "
        + "libmsquic. They may have the ports of other addresses, whose answers over TLS tell clients of them (Alt-Svc).")]
    public string[] Http3Urls { get; set; } = [];

    [Description(
        "Which transport reads and writes the sockets. Own is the service's transport: bytes that a socket has delivered survive a "
        + "broken connection, and large uploads and downloads cost less. Operators set Sockets, Kestrel's transport, when their .NET is "
        + "newer than the one this was built for or when they suspect the service's own transport of a fault. When a connection then "
        + "ends within a body, Kestrel discards the unread bytes, about 1 MiB at most, and the client sends them again.")]
    public HostTransport Transport { get; set; } = HostTransport.Own;

    [Description(
        "Operators without a proxy set true for TLS on every address, as if all began with https. Without Host:CertificateFile the "
        + "service creates a certificate at the first start and keeps it in the data directory (tls.pem).")]
    public bool Tls { get; set; }

    [Description(
        "Operators with a certificate of their own name its chain, a PEM file. An https address needs it, unless Host:Tls creates "
        + "one.")]
    public string? CertificateFile { get; set; }

    [Description("The private key of Host:CertificateFile, a PEM file. Operators set both or neither.")]
    public string? CertificateKeyFile { get; set; }

    [Description(
        "Operators whose programs or devices have certificates name the authorities that sign them, a PEM file. Over TLS, such a "
        + "certificate acts as the user that its common name (CN) names, in the tenant that its organization (O) names.")]
    public string? ClientCaFile { get; set; }

    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    [Description(
        "How long running requests may take to reach a checkpoint and answer when the service stops. Operators raise it together with"
        + " their supervisor's stop timeout.")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an idle connection stays open. Longer than the usual 60 to 120 s of proxies, so that the proxy closes first.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; internal set; } = TimeSpan.FromSeconds(130);

    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    [Description("How long a client may take to send a request's headers. Operators whose clients have very slow links raise it.")]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Range(0, 1 << 20)]
    [Description(
        "The lowest average rate of a body in bytes per second; slower requests are ended and their bytes kept. Operators whose "
        + "clients are slower lower it; 0 is no limit.")]
    public int MinBodyRate { get; set; } = 32;

    /// <summary>The time after which Host:MinBodyRate applies to a body.</summary>
    public TimeSpan SlowBodyGrace { get; internal set; } = TimeSpan.FromMinutes(1);

    [Range(8 * 1024, 1024 * 1024)]
    [Description(
        "The largest total size of a request's headers; larger ones are answered with 431. Operators whose proxies or clients send "
        + "long headers raise it.")]
    public int RequestHeadersSize { get; set; } = 32 * 1024;

    /// <summary>All addresses to listen on.</summary>
    public IEnumerable<string> AllUrls => TcpUrls.Concat(Http3Urls);

    public IEnumerable<string> TcpUrls => Urls.Concat(Http1Urls).Concat(Http2Urls);

    /// <summary>The value of Alt-Svc (RFC 7838): HTTP/3 on these ports, valid for a day.</summary>
    public string AlternativeServices => string.Join(
        ", ", Http3Urls.Select(url => BindingAddress.Parse(url).Port).Distinct()
            .Select(port => string.Create(CultureInfo.InvariantCulture, $"h3=\":{port}\"; ma=86400")));

    public bool MakesCertificate => Tls && CertificateFile is null;

    /// <summary>Returns the address with the actual scheme, which is https if TLS is on.</summary>
    public string Spoken(string url) => Tls && url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "https" + url[4..] : url;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Urls.Length == 0)
            yield return new ValidationResult("Host:Urls is empty: name at least one address to listen on.");
        var (overTcp, overUdp) = (new List<string>(), new List<string>());
        foreach (var (name, urls, valid) in new[]
        {
            ("Host:Urls", Urls, overTcp), ("Host:Http1Urls", Http1Urls, overTcp), ("Host:Http2Urls", Http2Urls, overTcp),
            ("Host:Http3Urls", Http3Urls, overUdp),
        })
        {
            foreach (var url in urls)
            {
                if (Fault(url) is { } fault)
                    yield return new ValidationResult($"{name}: \"{url}\" {fault}.");
                else if (valid == overUdp && !url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
                    yield return new ValidationResult($"{name}: \"{url}\" must begin with https://: HTTP/3 is always encrypted.");
                else if (valid == overUdp && BindingAddress.Parse(url).Port == 0)
                    yield return new ValidationResult($"{name}: \"{url}\" needs a port: the service announces it to clients.");
                else if (valid.Find(one => ListenAddresses.Overlap(url, one)) is { } other)
                    yield return new ValidationResult($"{name}: \"{url}\" is taken by \"{other}\": give one of them another port.");
                else
                    valid.Add(url);
            }
        }

        if (CertificateFile is null != CertificateKeyFile is null)
            yield return new ValidationResult("Host:CertificateFile and Host:CertificateKeyFile belong together: set both or none.");
        if (ClientCaFile is not null && !AllUrls.Any(url => Spoken(url).StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
            yield return new ValidationResult("Host:ClientCaFile needs TLS: clients show certificates only to an https address.");
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
