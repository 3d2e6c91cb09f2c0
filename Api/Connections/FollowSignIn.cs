using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Api.Connections;

/// <summary>The state of a sign-in by a code.</summary>
internal sealed record SignInStateView
{
    public const string Example = $$"""
        {"state":"done","connection":"{{Examples.Id}}","again":false,"fault":null,"detail":null,"expiresAt":"2026-01-15T09:45:00.000Z"}
        """;

    /// <summary>pending, done or failed.</summary>
    public required string State { get; init; }

    /// <summary>The connection that was created or signed in again.</summary>
    public required string? Connection { get; init; }

    /// <summary>Whether the connection existed before.</summary>
    public required bool Again { get; init; }

    /// <summary>Why it failed: a code of GET /api/connections/callback, or expired.</summary>
    public required string? Fault { get; init; }

    /// <summary>The reason as a sentence.</summary>
    public required string? Detail { get; init; }

    /// <summary>Until when the code can be entered.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>GET and DELETE /api/connections/sign-ins/{id}: return the state of a sign-in by a code, and cancel it.</summary>
internal static class FollowSignIn
{
    private const string Path = ConnectionRoutes.All + "/sign-ins/{id}";

    private static Refusal Absent => Refusal.Of(
        RequestError.NoSuchProviderSignIn,
        "You have no sign-in of this id under way. It ended some time ago, or the service was restarted: begin again.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapDelete(Path, CancelAsync).RequireAuthorization(AccessPolicy.Transfers).Document(CancelDoc);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, DeviceSignIns devices)
    {
        if (!UploadId.TryParse(id, out var parsed)
            || await devices.FindAsync(context.Caller(), parsed.Value, context.RequestAborted) is not (var expiresAt, var end))
            return Absent;
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Of(
            new SignInStateView
            {
                State = end switch { null => "pending", { Fault: null } => "done", _ => "failed" },
                Connection = end?.Connection?.ToString("n"),
                Again = end?.Again == true,
                Fault = end?.Fault is { } fault ? ConnectionSignIns.WordOf(fault) : null,
                Detail = end?.Fault is { } why ? SignInFaultTexts.Of(why) : null,
                ExpiresAt = expiresAt,
            },
            ApiJson.Out.SignInStateView);
    }

    private static async Task<IResult> CancelAsync(string id, HttpContext context, DeviceSignIns devices) =>
        UploadId.TryParse(id, out var parsed) && await devices.CancelAsync(context.Caller(), parsed.Value, context.RequestAborted)
            ? TypedResults.NoContent()
            : Absent;

    private static EndpointDoc GetDoc => new(
        ConnectionRoutes.Tag, nameof(FollowSignIn), "Tell what became of a sign-in by a code",
        "The service asks the provider meanwhile, in the provider's own interval, however often this is called. It can be asked for ten "
            + "minutes after the code has expired, by the user who began it.")
    {
        Answers = [new(200, "How far it is.", typeof(SignInStateView), SignInStateView.Example)],
        Errors = [RequestError.NoSuchProviderSignIn],
    };

    private static EndpointDoc CancelDoc => new(
        ConnectionRoutes.Tag, "CancelSignIn", "Give up a sign-in by a code", "A code that is entered afterwards connects nothing.")
    {
        Answers = [new(204, "It is given up.")],
        Errors = [RequestError.NoSuchProviderSignIn],
    };
}
