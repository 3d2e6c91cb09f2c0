using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;
using FluentValidation;

namespace ChunkUpload.Api.Sessions;

/// <summary>Handles POST /api/sessions/{id}/complete: builds the file from the chunks.</summary>
internal static class CompleteSession
{
    private static readonly CompleteBody Nothing = new();

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/sessions/{id}/complete", HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadFinisher finisher, UploadCatalog catalog, SessionViews views,
            IValidator<CompleteBody> validator,
        ApiMeter meter)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.CompleteBody, validator, Nothing, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        Sha256Digest? sha256 = Sha256Digest.TryParseHex(body.Sha256, out var digest) ? digest : null;
        var result = await finisher.CompleteAsync(context.Caller(), upload, body.Size, sha256, context.RequestAborted);
        if (!result.Ok)
            return Refusal.Of(MissingBytes.Describe(result.Failure, body.Size));

        var status = await catalog.StatusAsync(context.Caller(), upload, context.RequestAborted);
        if (!status.Ok)
            return Refusal.Of(status.Failure);
        if (status.Value.Upload is { State: UploadState.Completed } completed && (sha256 is null || completed.Sha256 is not null))
        {
            meter.Upload("session", "completed");
            // A link has no access to the file's own address.
            return context.Caller().Grant is not null
                ? JsonAnswer.Of(views.For(context.Caller(), status.Value), ApiJson.Out.SessionView)
                : JsonAnswer.Of(views.Completed(status.Value), ApiJson.Out.CompletedView);
        }

        context.Response.Headers.Location = LinkAddress.PathOf(context.Request, SessionRoutes.Location(upload));
        context.Response.Headers.RetryAfter = "1";
        return JsonAnswer.Of(
            views.For(context.Caller(), status.Value), ApiJson.Out.SessionView, status: StatusCodes.Status202Accepted);
    }

    private static EndpointDoc Doc => new(
        "Sessions", nameof(CompleteSession), "Complete a session",
        """
        All bytes must be there. A whole-file SHA-256, declared here or at the beginning, is compared before anything is published; when
        computing it takes longer than the configured wait the answer is 202 and the session says when it is done; so it is where a checker
        decides. Can be repeated.
        """)
    {
        Json = new(typeof(CompleteBody), $$"""{"size":20971520,"sha256":"{{Examples.Sha256}}"}""", Required: false),
        Answers =
        [
            new(200, "Completed: the session with its file, and the file's own fields beside it.", typeof(CompletedView),
                Examples.CompletedSession),
            new(202, "The digest is being computed, or a checker decides; ask the session.", typeof(SessionView), Examples.OpenSession)
            {
                Headers = [new("Location", "The session's address.", Examples.Location), new("Retry-After", "Seconds.", "1")],
            },
        ],
        Errors =
        [
            .. ErrorsOf.ClosedSessions, UploadError.MissingRanges, UploadError.SizeMismatch, UploadError.SizeUnknown,
            UploadError.WrongProtocol, UploadError.TypeMismatch, UploadError.FileDigestMismatch, UploadError.Damaged, UploadError.Elsewhere,
            UploadError.TooLarge, UploadError.StorageFailed, UploadError.StoreDegraded,
        ],
    };
}
