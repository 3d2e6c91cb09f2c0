using ChunkUpload.Api.Hosting.Proxies;

namespace ChunkUpload.Api.Hosting;

/// <summary>Builds addresses for clients. This is the only place that determines scheme, host and prefix.</summary>
internal static class PublicAddress
{
    /// <summary>
    /// Returns the absolute address of a path of the service. Returns only the path for a client that sent no Host header (HTTP/1.0), or
    /// one that is not valid in an address.
    /// </summary>
    public static string Of(HttpRequest request, string path)
    {
        if (request.HttpContext.Features.Get<PublicUrl>() is { } outside)
            return outside.Host is null ? outside.Prefix + path : $"{outside.Scheme}://{outside.Host}{outside.Prefix}{path}";
        return PublicUrl.IsHost(request.Host.Value) ? $"{request.Scheme}://{request.Host.Value}{path}" : path;
    }

    /// <summary>Returns the path with the prefix that the proxy adds.</summary>
    public static string PathOf(HttpRequest request, string path) => request.HttpContext.Features.Get<PublicUrl>()?.Prefix + path;
}
