namespace ChunkUpload.Api.Dav;

/// <summary>The endpoints of WebDAV (RFC 4918). OpenAPI has no such methods, so docs/webdav.md describes them.</summary>
internal static class DavRoutes
{
    public const string Root = "/dav";

    /// <summary>Every resource.</summary>
    public const string Pattern = "/dav/{**path}";

    public static void MapDav(this IEndpointRouteBuilder routes)
    {
        DescribeDav.Map(routes);
        PropFind.Map(routes);
        GetResource.Map(routes);
        PutResource.Map(routes);
        MakeCollection.Map(routes);
        DeleteResource.Map(routes);
        CopyResource.Map(routes);
        MoveResource.Map(routes);
        PropPatch.Map(routes);
        LockResource.Map(routes);
        UnlockResource.Map(routes);
        ListLocks.Map(routes);
    }

    public static bool Has(HttpRequest request) => request.Path.StartsWithSegments(Root, StringComparison.OrdinalIgnoreCase);
}
