using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access.Links;

/// <summary>Addresses for clients that came through a link, or are to. Only here is a token put into an address.</summary>
internal static class LinkAddress
{
    /// <summary>The absolute address of a link.</summary>
    public static string Of(HttpRequest request, string token) => PublicAddress.Of(request, $"{LinkRequest.Root}/{token}");

    /// <summary>A path as the client of this request reaches it: below the link, if it came through one.</summary>
    public static string PathOf(HttpRequest request, string path) => PublicAddress.PathOf(request, Below(request, path));

    /// <summary>The same as an absolute address.</summary>
    public static string LocationOf(HttpRequest request, string path) => PublicAddress.Of(request, Below(request, path));

    private static string Below(HttpRequest request, string path) =>
        request.HttpContext.Features.Get<LinkRequest>() is { } link ? link.Base + path : path;
}
