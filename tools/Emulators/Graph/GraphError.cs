using System.Globalization;
using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Graph;

/// <summary>A refusal in Graph's form: a status, a code, and an inner code that says it exactly.</summary>
internal sealed record GraphError(int Status, string Code, string Message, string? Inner = null)
{
    public static GraphError NotFound { get; } = new(404, "itemNotFound", "The resource could not be found.");

    public static GraphError NameTaken { get; } = new(409, "nameAlreadyExists", "An item with the same name already exists.");

    public static GraphError NameBeingUploaded { get; } =
        new(409, "nameAlreadyExists", "A file with this name is being uploaded. Cancel that upload first, or use another name.");

    public static GraphError Modified { get; } = new(412, "resourceModified", "The item has another eTag.", "entityTagDoesNotMatch");

    public static GraphError QuotaReached { get; } = new(507, "quotaLimitReached", "The drive has no space left for this item.");

    public static GraphError AccessDenied { get; } = new(403, "accessDenied", "This account may not use the resource.");

    public static GraphError SessionNotFound { get; } =
        new(404, "itemNotFound", "The upload session was not found.", "uploadSessionNotFound");

    public static GraphError Malware { get; } = new(403, "malwareDetected", "Malware was found in this file.", "virusSuspicious");

    public static GraphError Throttled { get; } =
        new(429, "activityLimitReached", "The application has been throttled.", "throttledRequest");

    public static GraphError Invalid(string message, string? inner = null) => new(400, "invalidRequest", message, inner);

    public static GraphError NotSupported(string message) => new(501, "notSupported", message);

    public JsonObject ToJson(string requestId, DateTimeOffset now)
    {
        var inner = new JsonObject();
        if (Inner is not null)
            inner["code"] = Inner;
        inner["date"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        inner["request-id"] = requestId;
        inner["client-request-id"] = requestId;
        return new JsonObject { ["error"] = new JsonObject { ["code"] = Code, ["message"] = Message, ["innerError"] = inner } };
    }
}
