using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access.Links;

/// <summary>Builds addresses for clients of links. This is the only place that writes a token into an address.</summary>
internal static class LinkAddress
{
    /// <summary>Returns the absolute address of a link.</summary>
    public static string Of(HttpRequest request, string token) => PublicAddress.Of(request, $"{LinkRequest.Root}/{token}");

    /// <summary>Returns a path as the client of this request reaches it: below the link if the request came through one.</summary>
    public static string PathOf(HttpRequest request, string path) => PublicAddress.PathOf(request, Below(request, path));

    /// <summary>Returns such a path as an absolute address.</summary>
    public static string LocationOf(HttpRequest request, string path) => PublicAddress.Of(request, Below(request, path));

    private static string Below(HttpRequest request, string path) =>
        request.HttpContext.Features.Get<LinkRequest>() is { } link ? link.Base + path : path;
}
