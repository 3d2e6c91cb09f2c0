using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Advisor;

/// <summary>GET /api/sessions/{id}/advice/history: each advice, oldest first, and the results of the requests under it.</summary>
internal static class ListAdvice
{
    private static readonly Pages Pages = AdvisorRoutes.PagesOf("advice");

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/sessions/{id}/advice/history", HandleAsync).AlsoForHead()
            .RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, AdviceRecorder recorder, IAdviceLedger ledger)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await catalog.FindAsync(context.Caller(), upload, context.RequestAborted) is null)
            return Refusal.NoSuchUpload;

        await recorder.FlushForReaderAsync(context.RequestAborted);
        var steps = await ledger.StepsAsync(upload, page.Number ?? 0, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(
            page.Of(steps, listed => listed.Number, listed => AdviceStepView.Of(listed.Step)), ApiJson.Out.ListOfAdviceStepView);
    }

    private static EndpointDoc Doc => new(
        AdvisorRoutes.Tag, nameof(ListAdvice), "List a session's advice",
        """
        Each change of size or number with its reason, oldest first, and the results of the requests under the previous advice. When the
        upload has ended, a last line with `limitedBy` `over` repeats the last advice and has its results. Uploads by tus and IETF
        have it too.
        """)
    {
        Query = Pages.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<AdviceStepView>), Examples.Page(AdvisorRoutes.Step))],
        Errors = [UploadError.NotFound],
    };
}
