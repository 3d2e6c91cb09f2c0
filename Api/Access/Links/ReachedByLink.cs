using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// Endpoint metadata: links of these kinds reach this endpoint. Below /l/{token} every other endpoint is as absent: what a link opens is
/// decided here and nowhere else.
/// </summary>
internal sealed record ReachedByLink(ShareLinkKind? Kind);

internal static class LinkEndpoints
{
    public static TBuilder ReachedByLink<TBuilder>(this TBuilder endpoint, ShareLinkKind kind)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new ReachedByLink(kind));

    /// <summary>For what links of both kinds have.</summary>
    public static TBuilder ReachedByLinks<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new ReachedByLink((ShareLinkKind?)null));
}
