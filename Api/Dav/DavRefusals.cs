using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Dav;

/// <summary>Refusals with the statuses that RFC 4918 gives them.</summary>
internal static class DavRefusals
{
    public static Refusal Of(HttpContext context, UploadFailure failure) =>
        Refusal.Of(failure with { Status = failure.Status ?? StatusOf(context.Request.Method, failure.Error) });

    /// <summary>Refuses to change /dav itself or the root of a space.</summary>
    public static Refusal Root() => Refusal.Of(new UploadFailure(
        UploadError.RootFolder, "Spaces are made, named and removed in the console, not by WebDAV.")
    { Status = 403 });

    /// <returns>Null for the status that the error has in every protocol.</returns>
    private static int? StatusOf(string method, UploadError error) => (error, method) switch
    {
        (UploadError.RootFolder, _) => StatusCodes.Status403Forbidden,
        (UploadError.QuotaExceeded or UploadError.TooManyProperties, _) => StatusCodes.Status507InsufficientStorage,
        (UploadError.NotFile, "PUT" or "LOCK") or (UploadError.NameTaken, "MKCOL") => StatusCodes.Status405MethodNotAllowed,
        (UploadError.NameTaken, "COPY" or "MOVE" or "PUT") => StatusCodes.Status412PreconditionFailed,
        _ => null,
    };
}
