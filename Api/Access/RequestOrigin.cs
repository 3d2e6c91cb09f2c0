using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access;

/// <summary>Determines whether a request comes from a page of this service. A page of another site can forge neither header.</summary>
internal static class RequestOrigin
{
    private const string FetchSite = "Sec-Fetch-Site";

    public const string Fault =
        "A browser may change something only from a page of this service. Open it by its own address; behind a proxy, set Proxy:PublicUrl.";

    public static bool IsOwn(HttpRequest request)
    {
        // 1. The browser reports the origin's relation.
        if (request.Headers.TryGetValue(FetchSite, out var site))
            return site is ["same-origin"];

        // 2. Over plain http in a LAN, browsers omit it; the page's origin must then equal the service's. Every current browser sends one
        // of the two.
        return request.Headers.Origin is [{ Length: > 0 } origin] && OwnOrigin(request) is { } own
            && origin.Equals(own, StringComparison.OrdinalIgnoreCase);
    }

    private static string? OwnOrigin(HttpRequest request) =>
        Uri.TryCreate(PublicAddress.Of(request, "/"), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri.GetLeftPart(UriPartial.Authority)
            : null;
}
