using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Events;

/// <summary>GET /api/sessions/{id}/events: lists the changes of the state of one upload.</summary>
internal static class ListUploadEvents
{
    private static readonly Pages Pages = new("events", 50, 200, CursorParts.Number);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/sessions/{id}/events", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog catalog, IEventLedger ledger)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await catalog.FindAsync(context.Caller(), upload, context.RequestAborted) is null)
            return Refusal.NoSuchUpload;

        var found = await ledger.OfUploadAsync(upload, page.Number ?? 0, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, one => one.Cursor.Id, EventView.Of), ApiJson.Out.ListOfEventView);
    }

    private static EndpointDoc Doc => new(
        "Events", nameof(ListUploadEvents), "List an upload's events",
        """
        What changed the state of an upload, by whatever protocol, the oldest first: `paused`, `resumed`, `takeover`, `completing`,
        `failed`, `expired`, … When it was created and completed is in `GET /api/sessions/{id}`. Events are remembered for
        `Jobs:KeepHistory`.
        """)
    {
        Query = Pages.Parameters,
        Answers =
        [
            new(200, "A page.", typeof(ListOf<EventView>), Examples.Page("""
                {"type":"event","id":"1-7345-41","at":"2026-01-15T09:30:12.500Z","kind":"paused",
                 "topic":{"kind":"upload","id":"8f14e45fceea167a5a36dedd4bea2543"},
                 "upload":"8f14e45fceea167a5a36dedd4bea2543","tenant":"default","owner":"operator","by":"operator","data":{}}
                """)),
        ],
        Errors = [UploadError.NotFound],
    };
}
