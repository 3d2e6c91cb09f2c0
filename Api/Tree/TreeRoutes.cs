using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree.Archives;

namespace ChunkUpload.Api.Tree;

/// <summary>
/// Shared parts of the tree endpoints. Each is mapped below the caller's default space and below a named space.
/// </summary>
internal static class TreeRoutes
{
    public const string Tag = "Tree";

    public static IReadOnlyList<EndpointDoc.Parameter> Path { get; } =
        [new("path", "The names from the root, percent-encoded UTF-8, with / between them.", "2026/report.pdf", Required: true)];

    public static IReadOnlyList<EndpointDoc.Parameter> Id { get; } = [new("id", "The entry's id.", Examples.Id, Required: true)];

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
    }

    public static void Map(IEndpointRouteBuilder routes, string[] methods, Delegate handler, string policy, EndpointDoc doc)
    {
        routes.MapMethods(TreeAddress.Root + "/{**path}", methods, handler).RequireAuthorization(policy).Document(doc);
        routes.MapMethods("/api/spaces/{space}/tree/{**path}", methods, handler).RequireAuthorization(policy).Document(InSpace(doc));
    }

    /// <summary>Maps /api/{pattern} and /api/spaces/{space}/{pattern}; GET also answers HEAD.</summary>
    public static void MapInSpaces(
        IEndpointRouteBuilder routes, string pattern, string method, Delegate handler, string policy, EndpointDoc doc)
    {
        Map("/api/" + pattern, doc);
        Map("/api/spaces/{space}/" + pattern, InSpace(doc));

        void Map(string address, EndpointDoc documented)
        {
            var endpoint = routes.MapMethods(address, [method], handler);
            if (method == HttpMethods.Get)
                endpoint.AlsoForHead();
            endpoint.RequireAuthorization(policy).Document(documented);
        }
    }

    private static EndpointDoc InSpace(EndpointDoc doc) => doc with
    {
        Name = doc.Name + "InSpace",
        Path = [new("space", "The space's id.", Examples.Id, Required: true), .. doc.Path],
    };
}
