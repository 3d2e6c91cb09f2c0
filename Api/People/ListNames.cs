using ChunkUpload.Api.Access;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <param name="Subject">user:… or key:….</param>
internal sealed record NameView(string Subject, string Name);

/// <summary>GET /api/names: returns the names of subjects in other responses, for callers who may not list users.</summary>
internal static class ListNames
{
    private const int Most = 100;

    private const string Example = $$"""{"subject":"user:{{Examples.Id}}","name":"Ann Lee"}""";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/names", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, ISpaceLedger spaces)
    {
        var query = new QueryReader(context.Request.Query, "subject");
        var subjects = query.Texts("subject").Select(text => SubjectId.Parse(text)).ToList();
        if (subjects.Count > Most)
            query.Refuse($"At most {Most} subjects may be named.");
        if (query.Refusal is not null)
            return query.Refusal;
        // Other subjects, such as operator or a link, have no name.
        var known = subjects.Where(subject => subject is not null).Select(subject => subject!.Value).Distinct().ToList();
        var names = known.Count == 0 ? [] : await spaces.NamesAsync(context.Caller().Tenant, known, context.RequestAborted);
        return JsonAnswer.Of(
            new ListOf<NameView>([.. names.Select(one => new NameView(one.Subject, one.Name))], null), ApiJson.Out.ListOfNameView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ListNames), "Ask for names",
        "What users and keys of the tenant are called, by their subjects: the owner of an entry, or the one who removed it. Subjects that "
            + "are unknown, removed or of another tenant are left out.")
    {
        Query = [new("subject", $"user:… or key:…; may be repeated, up to {Most} times.", $"user:{Examples.Id}")],
        Answers = [new(200, "The names.", typeof(ListOf<NameView>), Examples.Page(Example))],
    };
}
