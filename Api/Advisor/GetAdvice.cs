using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Advisor;

/// <summary>GET /api/sessions/{id}/advice: what to send next, and why.</summary>
internal static class GetAdvice
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/sessions/{id}/advice", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog catalog, ChunkAdvisor advisor)
    {
        if (!UploadId.TryParse(id, out var parsed))
            return Refusal.NoSuchUpload;
        if (await catalog.FindAsync(context.Caller(), parsed, context.RequestAborted) is not { } upload)
            return Refusal.NoSuchUpload;
        if (upload.State == UploadState.Open)
            advisor.Register(parsed, context.Caller());
        return JsonAnswer.Of(advisor.Advise(upload), ApiJson.Out.Advice);
    }

    private static EndpointDoc Doc => new(
        AdvisorRoutes.Tag, nameof(GetAdvice), "Ask what to send next",
        """
        The advice that every receipt and status carries. The size stays as it is while it lies within `range`, where another one would gain
        nothing, and `why` says what was measured and what kept the size where it is. What the client hints and `Upload-Client` say of the
        client holds from now on. Chunks cut before are still welcome: advice is never a condition.
        """)
    {
        Answers = [new(200, "The advice.", typeof(Advice), Examples.Advice)],
        Errors = [UploadError.NotFound],
    };
}
