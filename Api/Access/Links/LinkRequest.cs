using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Api.Access.Links;

/// <summary>A request's feature: the request came to an address below /l/{token}.</summary>
/// <param name="Token">Empty if the address has none that could be one.</param>
internal sealed record LinkRequest(string Token)
{
    public const string Root = "/l";

    /// <summary>The prefix of the service's paths in the link's address.</summary>
    public string Base => $"{Root}/{Token}";

    /// <summary>The link as it was found, whether or not it is valid; null if there is none.</summary>
    public HeldLink? Found { get; set; }
}

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
