using ChunkUpload.Api.Access;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.People;

/// <summary>GET /api/me: describes the caller.</summary>
internal static class GetMe
{
    public const string Path = "/api/me";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Self).Document(Doc);

    /// <summary>Returns the caller with the current data of the user.</summary>
    public static async Task<MeView> ViewAsync(
        Caller caller, IPeopleLedger people, ITreeLedger trees, CancellationToken cancellationToken)
    {
        var user = caller.User is { } id ? await people.FindUserAsync(id, cancellationToken) : null;
        EntryId? space = user is not null && caller.Scopes.HasFlag(Scopes.List)
            ? await trees.OwnSpaceAsync(caller, cancellationToken)
            : null;
        return MeView.Of(caller, user, space);
    }

    private static async Task<IResult> HandleAsync(HttpContext context, IPeopleLedger people, ITreeLedger trees) =>
        JsonAnswer.Of(await ViewAsync(context.Caller(), people, trees, context.RequestAborted), ApiJson.Out.MeView);

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(GetMe), "Ask who I am",
        "The caller, the tenant in which the request acts, and what the credential may do there.")
    {
        Answers = [new(200, "The caller.", typeof(MeView), MeView.Example)],
    };
}
