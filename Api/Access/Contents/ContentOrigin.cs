using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Access.Contents;

/// <summary>
/// The second origin, <c>Proxy:ContentUrl</c>: a browser that opens a file is redirected there. That origin has no pages and no cookies of
/// the service. The address has a ticket: the request itself with the cookies or the link that opened it, encrypted, for some hours.
/// </summary>
internal sealed class ContentOrigin(ProxyOptions options, IDataProtectionProvider protection, InstanceName instance)
{
    /// <summary>The part of the path before the ticket.</summary>
    public const string Root = "/c/";

    // Long enough to resume an interrupted download. Access ends earlier when the session or the link ends.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly PublicUrl? _url = options.ContentUrl is { } url ? PublicUrl.Parse(url) : null;
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("content").ToTimeLimitedDataProtector();

    /// <summary>Returns the address to redirect a browser to; null if this origin sends the content itself.</summary>
    public string? AddressFor(HttpContext context)
    {
        var request = context.Request;
        if (_url is null || IsAsked(request) || !HttpMethods.IsGet(request.Method) || !IsNavigation(request))
            return null;
        var link = context.Features.Get<LinkRequest>();
        if (link is null && context.Caller().Credential.Kind != CredentialKind.Session)
            return null;
        var ticket = new ContentTicket(
            link?.Token ?? "", request.Path.Value!, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            string.Join("; ", request.Cookies.Where(cookie => IsOwn(cookie.Key)).Select(cookie => $"{cookie.Key}={cookie.Value}")));
        return $"{_url.Scheme}://{_url.Host}{Root}{_protector.Protect(ticket.Write(), Lifetime)}";
    }

    /// <summary>Whether there is a second origin.</summary>
    public bool IsOn => _url is not null;

    /// <summary>Returns whether the request was sent to the second origin.</summary>
    public bool IsAsked(HttpRequest request) =>
        _url is not null && string.Equals(request.Host.Value, _url.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the ticket of an address; null if it is invalid, has expired or was changed.</summary>
    public ContentTicket? Open(string path)
    {
        if (!path.StartsWith(Root, StringComparison.Ordinal))
            return null;
        try
        {
            return ContentTicket.Read(_protector.Unprotect(path[Root.Length..]));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    // The cookies of the session and of entered link passwords.
    private bool IsOwn(string cookie) =>
        cookie.StartsWith("cu_", StringComparison.Ordinal) && cookie.Contains(instance.Value, StringComparison.Ordinal);

    // Scripts and images of a page read a file as data. Over plain http, browsers send no Sec-Fetch-Mode, so the Accept header decides.
    private static bool IsNavigation(HttpRequest request) => request.Headers.TryGetValue("Sec-Fetch-Mode", out var mode)
        ? mode == "navigate"
        : request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The contents of a ticket for the second origin.</summary>
/// <param name="Link">The token of the link that opened the file, or empty.</param>
/// <param name="Path">The decoded path.</param>
/// <param name="Target">The request's target as it was sent, without the link's token.</param>
/// <param name="Cookies">The value of the Cookie header.</param>
internal sealed record ContentTicket(string Link, string Path, string Target, string Cookies)
{
    public string Write()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        foreach (var part in (string[])[Link, Path, Target, Cookies])
            writer.Write(part);
        return Convert.ToBase64String(bytes.ToArray());
    }

    public static ContentTicket Read(string text)
    {
        using var reader = new BinaryReader(new MemoryStream(Convert.FromBase64String(text)), Encoding.UTF8);
        return new ContentTicket(reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString());
    }
}
