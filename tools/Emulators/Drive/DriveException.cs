namespace ChunkUpload.Emulators.Drive;

/// <summary>An answer in the form of Google's errors; clients decide by the reason.</summary>
internal sealed class DriveException(int status, string reason, string message, string? parameter = null) : Exception(message)
{
    private static readonly Dictionary<string, (int Status, string Message)> Known = new(StringComparer.Ordinal)
    {
        ["badRequest"] = (400, "Bad Request"),
        ["invalid"] = (400, "Invalid Value"),
        ["authError"] = (401, "Invalid Credentials"),
        ["rateLimitExceeded"] = (403, "Rate Limit Exceeded"),
        ["userRateLimitExceeded"] = (403, "User Rate Limit Exceeded"),
        ["sharingRateLimitExceeded"] = (403, "Rate limit exceeded: the item could not be shared."),
        ["dailyLimitExceeded"] = (403, "Daily Limit Exceeded"),
        ["downloadQuotaExceeded"] = (403, "The download quota for this file has been exceeded."),
        ["storageQuotaExceeded"] = (403, "The user's Drive storage quota has been exceeded."),
        ["quotaExceeded"] = (403, "The user has exceeded their Drive storage quota."),
        ["numChildrenInNonRootLimitExceeded"] = (403, "The limit for this folder's number of children has been exceeded."),
        ["teamDriveFileLimitExceeded"] = (403, "The file limit for this shared drive has been exceeded."),
        ["insufficientPermissions"] = (403, "Insufficient Permission: Request had insufficient authentication scopes."),
        ["insufficientFilePermissions"] = (403, "The user does not have sufficient permissions for this file."),
        ["appNotAuthorizedToFile"] = (403, "The user has not granted the app access to the file."),
        ["domainPolicy"] = (403, "The domain administrators have disabled Drive apps."),
        ["cannotDownloadFile"] = (403, "This file cannot be downloaded by the user."),
        ["cannotDownloadAbusiveFile"] = (403, "This file has been identified as malware or spam and cannot be downloaded."),
        ["fileNotDownloadable"] = (403, "Only files with binary content can be downloaded. Use Export with Docs Editors files."),
        ["fileNotExportable"] = (403, "Export only supports Docs Editors files."),
        ["exportSizeLimitExceeded"] = (403, "This file is too large to be exported."),
        ["cannotAddParent"] = (403, "Increasing the number of parents is not allowed"),
        ["notFound"] = (404, "File not found."),
        ["fileIdInUse"] = (409, "A file already exists with the provided ID."),
        ["conditionNotMet"] = (412, "Precondition Failed"),
        ["requestedRangeNotSatisfiable"] = (416, "Request range not satisfiable"),
        ["backendError"] = (503, "Backend Error"),
        ["internalError"] = (500, "Internal Error"),
    };

    public int Status => status;

    public string Reason => reason;

    public string? Parameter => parameter;

    /// <summary>An error by its reason, with the usual status and message.</summary>
    public static DriveException Because(string reason, string? message = null)
    {
        var known = Known[reason];
        return new DriveException(known.Status, reason, message ?? known.Message);
    }

    public static DriveException NotFound(string id) => new(404, "notFound", $"File not found: {id}.", "fileId");

    public static DriveException Invalid(string parameter, string message) => new(400, "invalid", message, parameter);

    public object Body() => Body(status, reason, Message, parameter);

    public static object Body(int status, string? reason, string? message, string? parameter = null)
    {
        reason ??= status switch { 401 => "authError", 404 => "notFound", >= 500 => "backendError", _ => "badRequest" };
        message ??= Known.TryGetValue(reason, out var known) ? known.Message : reason;
        var domain = reason.EndsWith("LimitExceeded", StringComparison.Ordinal) && status is 403 or 429 ? "usageLimits" : "global";
        var (location, type) = reason == "authError" ? ("Authorization", "header") : (parameter, parameter is null ? null : "parameter");
        return new
        {
            error = new
            {
                errors = new[] { new { domain, reason, message, locationType = type, location } },
                code = status,
                message,
            },
        };
    }
}
