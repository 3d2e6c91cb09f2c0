using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// Endpoint metadata: links of these kinds may use this endpoint. Below /l/{token} every other endpoint returns 404. This is the only place
/// that decides what a link can access.
/// </summary>
internal sealed record ReachedByLink(ShareLinkKind? Kind);

internal static class LinkEndpoints
{
    public static TBuilder ReachedByLink<TBuilder>(this TBuilder endpoint, ShareLinkKind kind)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new ReachedByLink(kind));

    /// <summary>Permits links of both kinds.</summary>
    public static TBuilder ReachedByLinks<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new ReachedByLink((ShareLinkKind?)null));
}
