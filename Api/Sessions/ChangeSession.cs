using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;
using FluentValidation;

namespace ChunkUpload.Api.Sessions;

/// <summary>The fields of an unfinished upload to change.</summary>
internal sealed record SessionChangeBody
{
    /// <summary>low, normal or high.</summary>
    public string? Priority { get; init; }
}

internal sealed class SessionChangeValidator : AbstractValidator<SessionChangeBody>
{
    public SessionChangeValidator() => RuleFor(body => body.Priority).Must(word => BandwidthPriorities.Parse(word) is not null)
        .OverridePropertyName("priority").WithMessage(ChangeSession.PriorityFault);
}

/// <summary>PATCH /api/sessions/{id}: changes the priority of an unfinished upload of any protocol, also while it runs.</summary>
internal static class ChangeSession
{
    public const string PriorityFault = "priority must be low, normal or high.";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch("/api/sessions/{id}", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, SessionViews views, IValidator<SessionChangeBody> validator)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.SessionChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var priority = BandwidthPriorities.Parse(body.Priority)!.Value;
        var result = await catalog.SetPriorityAsync(context.Caller(), upload, priority, context.RequestAborted);
        return result.Ok ? await GetSession.AnswerAsync(context, upload, catalog, views) : Refusal.Of(result.Failure);
    }

    private static EndpointDoc Doc => new(
        "Sessions", nameof(ChangeSession), "Change a session's priority",
        """
        How large a share the upload gets where bandwidth is limited: 16 parts if it is high, 4 if it is normal, 1 if it is low. Requests
        that run go on with it. It works for unfinished uploads of every protocol. A wish for more than the caller may have is lowered.
        """)
    {
        Json = new(typeof(SessionChangeBody), """{"priority":"high"}"""),
        Answers = [new(200, "The session.", typeof(SessionView), Examples.OpenSession)],
        Errors = ErrorsOf.ClosedSessions,
    };
}
