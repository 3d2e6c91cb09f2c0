namespace ChunkUpload.Api.Cors;

/// <summary>A feature of a browser's question whether a page may send its request. It carries no key, by its standard.</summary>
internal sealed record Preflight(bool IsAllowed)
{
    public static bool Is(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method)
        && request.Headers.Origin.Count > 0
        && request.Headers.AccessControlRequestMethod.Count > 0;
}
