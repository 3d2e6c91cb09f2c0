using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting.Proxies;

namespace ChunkUpload.Api.Dav;

/// <summary>The header Destination of COPY and MOVE: an address of this service.</summary>
internal static class DavDestination
{
    public static async Task<(DavAddress? Address, Refusal? Refusal)> ReadAsync(HttpContext context, DavSpaces spaces)
    {
        if (context.Request.Headers["Destination"] is not [{ Length: > 0 } text])
            return (null, Refused("Send one Destination header with the address of the new place."));
        if (Split(text) is { } other && !IsOwn(context, other.Scheme, other.Host))
        {
            return (null, Refusal.Of(new RequestFailure(
                RequestError.InvalidHeader, "Destination is an address of another service, to which nothing is copied or moved from here.")
            { Status = StatusCodes.Status502BadGateway }));
        }

        if (PathOf(context, text) is not { } path)
            return (null, Refused("Destination must be an address below /dav of this service."));
        if (RawName.HasDotSegment(path) || path.Contains('?', StringComparison.Ordinal))
            return (null, Refused("Destination must have neither a query nor a \".\" or \"..\" part."));
        return await DavAddress.ReadAsync(context, spaces, path, change: true);
    }

    /// <summary>Returns the path of the address without the prefix of a proxy; null if it is an address of another service.</summary>
    public static string? PathOf(HttpContext context, string text)
    {
        var path = text;
        if (!text.StartsWith('/'))
        {
            if (Split(text) is not { } whole || !IsOwn(context, whole.Scheme, whole.Host))
                return null;
            path = whole.Path;
        }

        if (context.Features.Get<PublicUrl>() is { Prefix: { Length: > 0 } prefix })
        {
            if (!path.StartsWith(prefix + "/", StringComparison.Ordinal))
                return null;
            path = path[prefix.Length..];
        }

        return path.StartsWith(DavRoutes.Root + "/", StringComparison.OrdinalIgnoreCase) ? path : null;
    }

    /// <summary>Returns the parts of an absolute address; null if it is not one.</summary>
    private static (string Scheme, string Host, string Path)? Split(string text)
    {
        var host = text.IndexOf("://", StringComparison.Ordinal);
        var slash = host <= 0 ? -1 : text.IndexOf('/', host + 3);
        return text.StartsWith('/') || slash <= host + 3 ? null : (text[..host], text[(host + 3)..slash], text[slash..]);
    }

    // A proxy may terminate TLS without a header that says so, so the schemes may differ.
    private static bool IsOwn(HttpContext context, string scheme, string host) =>
        scheme.ToUpperInvariant() is "HTTP" or "HTTPS"
        && (Same(host, context.Request.Host.Value) || Same(host, context.Features.Get<PublicUrl>()?.Host));

    private static bool Same(string host, string? own) =>
        own is not null && Bare(host).Equals(Bare(own), StringComparison.OrdinalIgnoreCase);

    private static string Bare(string host) =>
        host.EndsWith(":80", StringComparison.Ordinal) ? host[..^3] : host.EndsWith(":443", StringComparison.Ordinal) ? host[..^4] : host;

    private static Refusal Refused(string detail) => Refusal.Of(RequestError.InvalidHeader, detail);
}
