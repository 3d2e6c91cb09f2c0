using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>Maps Graph's errors to faults by the innermost known code, then by the status.</summary>
internal static class GraphFaults
{
    /// <summary>The pause for locked files, which Office keeps open for minutes.</summary>
    private static readonly TimeSpan LockedPause = TimeSpan.FromMinutes(2);

    private static readonly Dictionary<string, FaultKind> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["activityLimitReached"] = FaultKind.Throttled,
        ["throttledRequest"] = FaultKind.Throttled,
        ["tooManyRequests"] = FaultKind.Throttled,
        ["quotaLimitReached"] = FaultKind.Full,
        ["insufficientSpace"] = FaultKind.Full,
        ["InvalidAuthenticationToken"] = FaultKind.SignIn,
        ["unauthenticated"] = FaultKind.SignIn,
        ["nameAlreadyExists"] = FaultKind.Taken,
        ["resourceLocked"] = FaultKind.Transient,
        ["malwareDetected"] = FaultKind.Refused,
        ["virusSuspicious"] = FaultKind.Refused,
        ["accessDenied"] = FaultKind.Refused,
        ["invalidName"] = FaultKind.Refused,
        ["pathTooLong"] = FaultKind.Refused,
        ["maxFileSizeExceeded"] = FaultKind.Refused,
        ["notSupported"] = FaultKind.Refused,
        ["uploadSessionNotFound"] = FaultKind.SessionLost,
        ["uploadSessionFailed"] = FaultKind.SessionLost,
        ["fragmentLengthMismatch"] = FaultKind.SessionLost,
        ["resourceModified"] = FaultKind.Transient,
        ["serviceNotAvailable"] = FaultKind.Transient,
        ["generalException"] = FaultKind.Transient,
    };

    /// <param name="session">Whether an upload session was addressed.</param>
    public static StorageFault Of(HttpStatusCode status, JsonElement? body, TimeSpan? after, bool session)
    {
        var (codes, message) = Read(body);
        var deepest = codes.FindLast(Known.ContainsKey);
        var kind = KindOf((int)status, deepest, after, session);
        return new StorageFault(kind, Sentence(kind, (int)status, deepest ?? codes.LastOrDefault(), message))
        {
            After = after ?? (status == HttpStatusCode.Locked || deepest == "resourceLocked" ? LockedPause : null),
        };
    }

    private static FaultKind KindOf(int status, string? code, TimeSpan? after, bool session) => status switch
    {
        429 or 509 => FaultKind.Throttled,
        503 when after is not null => FaultKind.Throttled,
        507 => FaultKind.Full,
        >= 500 and not 501 or 408 or 423 => FaultKind.Transient,
        _ when code is not null && Known[code] is var known && (known != FaultKind.SessionLost || session) => known,
        401 => FaultKind.SignIn,
        404 or 410 => session ? FaultKind.SessionLost : FaultKind.Gone,
        409 => FaultKind.Taken,
        412 => FaultKind.Transient,
        403 => FaultKind.Refused,
        _ => session ? FaultKind.SessionLost : FaultKind.Refused,
    };

    /// <summary>Reads the codes, from the outermost to the innermost one.</summary>
    private static (List<string> Codes, string? Message) Read(JsonElement? body)
    {
        var codes = new List<string>();
        if (body is not { } json || !json.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
            return (codes, null);
        var message = GraphItems.Text(error, "message");
        for (var level = error; level.ValueKind == JsonValueKind.Object;)
        {
            if (GraphItems.Text(level, "code") is { Length: > 0 } code)
                codes.Add(code);
            if (!level.TryGetProperty("innerError", out var inner) && !level.TryGetProperty("innererror", out inner))
                break;
            level = inner;
        }

        return (codes, message);
    }

    private static string Sentence(FaultKind kind, int status, string? code, string? message) => kind switch
    {
        FaultKind.Throttled => "OneDrive limits the rate of requests.",
        FaultKind.Full => "OneDrive is full. Free some space, or get more.",
        FaultKind.SignIn => "Microsoft does not accept the sign-in any more.",
        FaultKind.SessionLost => "OneDrive does not know the upload any more; it starts again.",
        FaultKind.Gone => "OneDrive has no such file, or it is not shared with this account any more.",
        FaultKind.Taken => "OneDrive has another item of this name.",
        FaultKind.Transient when status == (int)HttpStatusCode.Locked => "OneDrive has locked the file, because someone has it open.",
        FaultKind.Transient => $"OneDrive failed with status {status}.",
        _ when code is "malwareDetected" or "virusSuspicious" => "Microsoft has found malware in the file.",
        _ => $"OneDrive refuses it: {Short(message) ?? code ?? $"status {status}"}",
    };

    // Messages of a storage are shown to people, so they are truncated to one sentence.
    private static string? Short(string? message) => message is { Length: > 200 } ? message[..200] : message;
}
