using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.People;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Tree;

/// <summary>
/// GET /api/spaces/{space}/people: finds users of the tenant by their names, for callers who may add them to the space. It returns only
/// names, and few at a time, so that it cannot be used to list all accounts.
/// </summary>
internal static class FindPeople
{
    private const int Least = 2;
    private const int Longest = 100;
    private const int Most = 10;

    /// <summary>A person who types sends about one request per word.</summary>
    private const int PerMinute = 60;

    private const string Example = $$"""{"subject":"user:{{Examples.Id}}","name":"Ann Lee"}""";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/spaces/{space}/people", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, ISpaceLedger spaces, FileTree tree, RateBook rates)
    {
        var query = new QueryReader(context.Request.Query, "search");
        var text = query.Text("search")?.Trim() ?? "";
        if (text.Length is < Least or > Longest)
            query.Refuse($"search must be a part of a name, of {Least} to {Longest} characters.");
        if (query.Refusal is not null)
            return query.Refusal;
        var (space, refusal) = await SpaceMembers.TeamAsync(context, tree, manage: true);
        if (space is null)
            return refusal!;
        var asker = new LimitTarget(LimitScope.User, "", context.Caller().Subject);
        if (rates.TryTake(asker, "people", PerMinute) is { } wait)
        {
            return Refusal.Of(new RequestFailure(
                RequestError.RateLimited, $"Too many searches for people. Try again in {Math.Ceiling(wait.TotalSeconds):0} s.")
            {
                RetryAfter = wait,
            });
        }

        var found = await spaces.FindPeopleAsync(space.Id, text, Most, context.RequestAborted);
        return JsonAnswer.Of(
            new ListOf<NameView>([.. found.Select(one => new NameView(one.Subject, one.Name))], null), ApiJson.Out.ListOfNameView);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(FindPeople), "Find people for a team space",
        $"The people of the tenant whose names contain a text and who are no members yet, at most {Most}: for the one who made the space, "
            + "and for administrators.")
    {
        Query = [new("search", $"A part of the name, of at least {Least} characters, in any case.", "ann", Required: true)],
        Answers = [new(200, "The people.", typeof(ListOf<NameView>), Examples.Page(Example))],
        Errors = [UploadError.NoEntry, UploadError.ReadOnly, RequestError.NoTeamSpace, RequestError.RateLimited],
    };
}
