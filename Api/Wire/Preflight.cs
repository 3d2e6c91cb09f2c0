namespace ChunkUpload.Api.Wire;

/// <summary>A request feature: this is a CORS preflight, which contains no key.</summary>
internal sealed record Preflight(bool IsAllowed)
{
    public static bool Is(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method)
        && request.Headers.Origin.Count > 0
        && request.Headers.AccessControlRequestMethod.Count > 0;
}
