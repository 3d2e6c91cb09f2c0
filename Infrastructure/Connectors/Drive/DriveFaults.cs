using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Maps Drive's errors to faults by their reason, because one status has many meanings.</summary>
internal static class DriveFaults
{
    /// <param name="session">Whether an upload session was addressed.</param>
    public static StorageFault Of(HttpStatusCode status, JsonElement? body, TimeSpan? after, bool session)
    {
        var (reason, message) = Read(body);
        var kind = KindOf((int)status, reason, session);
        return new StorageFault(kind, Sentence(kind, (int)status, reason, message))
        {
            After = after,
            MayBeDaily = kind == FaultKind.Throttled && status == HttpStatusCode.Forbidden,
        };
    }

    private static FaultKind KindOf(int status, string? reason, bool session) => (status, reason) switch
    {
        (_, "rateLimitExceeded" or "userRateLimitExceeded" or "sharingRateLimitExceeded") or (429, _) => FaultKind.Throttled,
        (_, "dailyLimitExceeded" or "downloadQuotaExceeded") => FaultKind.DailyLimit,
        (_, "storageQuotaExceeded" or "quotaExceeded" or "numChildrenInNonRootLimitExceeded" or "teamDriveFileLimitExceeded") =>
            FaultKind.Full,
        (401, _) => FaultKind.SignIn,
        (409, _) => FaultKind.Taken,
        ( >= 500 or 408, _) => FaultKind.Transient,
        (404 or 410, _) => session ? FaultKind.SessionLost : FaultKind.Gone,
        (403, _) => FaultKind.Refused,
        _ => session ? FaultKind.SessionLost : FaultKind.Refused,
    };

    private static (string? Reason, string? Message) Read(JsonElement? body)
    {
        if (body is not { } json || !json.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
            return (null, null);
        var message = error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        return error.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
            && errors[0].TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String
            ? (reason.GetString(), message)
            : (null, message);
    }

    private static string Sentence(FaultKind kind, int status, string? reason, string? message) => kind switch
    {
        FaultKind.Throttled => "Google Drive limits the rate of requests.",
        FaultKind.DailyLimit => "A daily limit of Google Drive is used up.",
        FaultKind.Full => "Google Drive is full. Free some space, or get more.",
        FaultKind.SignIn => "Google does not accept the sign-in any more.",
        FaultKind.SessionLost => "Google Drive does not know the upload any more; it starts again.",
        FaultKind.Gone => "Google Drive has no such file, or it is not shared with this account any more.",
        FaultKind.Transient => $"Google Drive failed with status {status}.",
        _ => $"Google Drive refuses it: {Short(message) ?? reason ?? $"status {status}"}",
    };

    // Messages of a storage are shown to people, so they are truncated to one sentence.
    private static string? Short(string? message) => message is { Length: > 200 } ? message[..200] : message;
}
