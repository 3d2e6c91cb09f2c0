using System.Net;

namespace ChunkUpload.Api.Access;

/// <summary>
/// Protects a service without a key from web pages. A page of another site can make a browser send requests to this machine, and with DNS
/// rebinding it can even read the responses. It cannot forge Host, Origin and Sec-Fetch-Site.
/// </summary>
internal static class UnauthenticatedAccessPolicy
{
    /// <returns>Null when the request is permitted.</returns>
    public static string? Fault(HttpContext context)
    {
        var request = context.Request;
        if (context.Connection.LocalIpAddress is { } local && !IPAddress.IsLoopback(local))
            return "Without a key the service answers on loopback addresses only.";
        if (!IsLoopbackName(request.Host.Host))
            return "Without a key the service answers only as localhost or a loopback address; this request names another host.";
        var origins = request.Headers.Origin;
        if (origins.Count > 1 || (origins.Count == 1 && !IsLoopbackOrigin(origins[0])))
            return "Without a key the service takes no requests from pages of another site.";
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site
            && site.Any(value => value is not ("same-origin" or "same-site" or "none")))
            return "Without a key the service takes no requests from pages of another site.";
        return null;
    }

    public static bool IsLoopbackName(string? host)
    {
        if (string.IsNullOrEmpty(host))
            return false;
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return true;
        if (host is ['[', .., ']'])
            host = host[1..^1];
        // Accept only the canonical form; normal clients never send "0x7f.1".
        return IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)
            && address.ToString().Equals(host, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsLoopbackOrigin(string? origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (uri.Scheme is "http" or "https")
        && IsLoopbackName(uri.Host);
}
