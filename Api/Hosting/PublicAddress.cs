namespace ChunkUpload.Api.Hosting;

/// <summary>The service's addresses as its clients know them: the one place that says under which scheme, host and prefix they reach it.</summary>
internal static class PublicAddress
{
    /// <summary>The whole address of one of our paths; the path alone for a client that did not say which host it asks (HTTP/1.0).</summary>
    public static string Of(HttpRequest request, string path) =>
        request.Host.HasValue ? $"{request.Scheme}://{request.Host.ToUriComponent()}{PathOf(request, path)}" : PathOf(request, path);

    /// <summary>The path with what stands in front of it outside.</summary>
    public static string PathOf(HttpRequest request, string path) => request.PathBase.HasValue ? request.PathBase.ToUriComponent() + path : path;
}
