using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree.Archives;

namespace ChunkUpload.Api.Tree;

/// <summary>
/// Shared parts of the tree endpoints. Each is mapped below the caller's default space and below a named space.
/// </summary>
internal static class TreeRoutes
{
    public const string Tag = "Tree";

    /// <summary>An entry by its path.</summary>
    public const string Entry = "tree/{**path}";

    public static void MapTree(this IEndpointRouteBuilder routes)
    {
        GetEntry.Map(routes);
        PutEntry.Map(routes);
        PatchEntry.Map(routes);
        DeleteEntry.Map(routes);
        CopyEntry.Map(routes);
        MoveEntry.Map(routes);
        CheckEntries.Map(routes);
        UnpackTar.Map(routes);
        ListTrash.Map(routes);
        RestoreItem.Map(routes);
        EmptyTrash.Map(routes);
        ListChanges.Map(routes);
        ListSpaces.Map(routes);
        SpaceMembers.Map(routes);
        routes.MapVersions();
        FindPeople.Map(routes);
    }

    /// <summary>Maps an endpoint at /api/{pattern} and at /api/spaces/{space}/{pattern}.</summary>
    /// <param name="map">Maps the handler at an address. The caller passes the handler directly, because the compiler generates code for
    /// it.</param>
    public static void Map(string pattern, Func<string, RouteHandlerBuilder> map, string policy, EndpointDoc doc)
    {
        map("/api/" + pattern).RequireAuthorization(policy).Document(doc);
        map("/api/spaces/{space}/" + pattern).RequireAuthorization(policy).Document(InSpace(doc));
    }

    private static EndpointDoc InSpace(EndpointDoc doc) => doc with { Name = doc.Name + "InSpace" };
}
