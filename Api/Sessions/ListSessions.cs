using ChunkUpload.Api.Access;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>GET /api/sessions: a page of sessions.</summary>
internal static class ListSessions
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/sessions", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, UploadCatalog catalog, SessionViews views, TimeProvider time)
    {
        var reader = new QueryReader(
            context.Request.Query, "state", "name", "createdAfter", "createdBefore", "minAge", "maxAge", "sort", "limit", "cursor");
        var query = UploadQueryReader.Read(reader, context.Caller(), null, time);
        if (reader.Refusal is { } refusal)
            return refusal;
        var page = await catalog.ListAsync(query, context.RequestAborted);
        return JsonAnswer.Of(UploadQueryReader.PageOf(query, page, views.Of), ApiJson.Out.ListOfSessionView);
    }

    private static EndpointDoc Doc => new(
        "Sessions", nameof(ListSessions), "List sessions",
        "Filtered by state, name and age, sorted, a page at a time. An item is the session without `missing` and without its single "
            + "failures.")
    {
        Query =
        [
            new("state", $"One or several of {StateNames.AllStates}; commas between.", "open,paused"),
            .. UploadQueryReader.Parameters,
        ],
        Answers = [new(200, "A page.", typeof(ListOf<SessionView>), Examples.Page(Examples.SessionItem))],
    };
}
