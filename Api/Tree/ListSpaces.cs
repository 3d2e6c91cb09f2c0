using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>A space, a tree with its own root.</summary>
internal sealed record SpaceView
{
    /// <summary>Also the id of its root folder.</summary>
    public required string Id { get; init; }

    /// <summary>shared: the tenant's; own: a user's; team: one with members.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    /// <summary>The subject that the space belongs to; null for the tenant's space.</summary>
    public required string? Owner { get; init; }

    /// <summary>Whether the caller may change its contents, as far as the credential allows.</summary>
    public required bool CanChange { get; init; }

    /// <summary>The number of folders, files and links, including the trash.</summary>
    public required long Entries { get; init; }

    /// <summary>The sizes of all contents, including the trash. A content that two files share counts twice.</summary>
    public required long Bytes { get; init; }

    public static SpaceView Of(Space space) => new()
    {
        Id = space.Id.ToString(),
        Kind = space.Kind,
        Name = space.Name,
        Owner = space.Owner,
        CanChange = space.CanChange,
        Entries = space.Entries,
        Bytes = space.Bytes,
    };
}

/// <summary>GET /api/spaces: lists the spaces that the caller sees.</summary>
internal static class ListSpaces
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/spaces", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree)
    {
        var query = new QueryReader(context.Request.Query);
        if (query.Refusal is not null)
            return query.Refusal;
        var spaces = await tree.SpacesAsync(context.Caller(), context.RequestAborted);
        return JsonAnswer.Of(new ListOf<SpaceView>([.. spaces.Select(SpaceView.Of)], null), ApiJson.Out.ListOfSpaceView);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(ListSpaces), "List the spaces",
        "Each is a tree of its own. Addresses such as `/api/tree` mean the tenant's, of kind shared; `/api/spaces/{space}/tree` names one.")
    {
        Answers = [new(200, "The spaces.", typeof(ListOf<SpaceView>), Examples.Page(Examples.Space))],
        Errors = [RequestError.InvalidParameter],
    };
}
