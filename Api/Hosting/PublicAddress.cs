using ChunkUpload.Api.Hosting.Proxies;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// The service's addresses as its clients know them: the one place that says under which scheme, host and prefix they reach it.
/// </summary>
internal static class PublicAddress
{
    /// <summary>
    /// The whole address of one of our paths; the path alone for a client that did not say which host it asks (HTTP/1.0), or named one
    /// that cannot stand in an address.
    /// </summary>
    public static string Of(HttpRequest request, string path)
    {
        if (request.HttpContext.RequestServices.GetRequiredService<ProxyOptions>().Location == LocationForm.Relative)
            return PathOf(request, path);
        if (request.HttpContext.Features.Get<PublicUrl>() is { } outside)
            return outside.Host is null ? outside.Prefix + path : $"{outside.Scheme}://{outside.Host}{outside.Prefix}{path}";
        return PublicUrl.IsHost(request.Host.Value) ? $"{request.Scheme}://{request.Host.Value}{path}" : path;
    }

    /// <summary>The path with what stands in front of it outside.</summary>
    public static string PathOf(HttpRequest request, string path) => request.HttpContext.Features.Get<PublicUrl>()?.Prefix + path;
}
