using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Which upload a POST or PUT begins: a resumable one in the version that is named, or in the newest where none is; an ordinary one
/// where nothing says that it can be resumed. What says that it is only a part, or may say so, is never taken for a whole file (R4, R5, R12,
/// R50). Whatever is refused here is told so in the client's version (R90).
/// </summary>
internal static class CreateDispatch
{
    private static readonly string[] StateHeaders = [ResumableHeaders.UploadComplete, ResumableHeaders.UploadIncomplete];

    /// <param name="complete">Whether the request brings all of the file.</param>
    public static Refusal? Read(IHeaderDictionary headers, ResumableRequest exchange, out bool complete)
    {
        complete = true;
        var dialect = exchange.Named ?? Dialect.Unnamed;
        exchange.Dialect = dialect;
        foreach (var name in StateHeaders)
        {
            if (headers.TryGetValue(name, out var field) && ItemField.Boolean(field) is null)
                return Refusal.Of(RequestError.InvalidHeader, $"{name} must be one line with ?1 or ?0.");
        }

        if (exchange.Spoken && dialect.ReadComplete(headers) is { } said)
        {
            complete = said;
            return null;
        }

        var isPart = ItemField.Boolean(headers[ResumableHeaders.UploadComplete]) == false
            || ItemField.Boolean(headers[ResumableHeaders.UploadIncomplete]) == true;
        if (!isPart)
        {
            exchange.Dialect = null;
            return null;
        }

        return Refusal.Of(RequestError.InvalidHeader, exchange.Spoken
            ? $"{ResumableHeaders.UploadIncomplete} belongs to interop version 3, {ResumableHeaders.UploadComplete} to all later ones."
            : $"This {ResumableHeaders.InteropVersion} is not supported; use {Dialect.Oldest} to {Dialect.Newest}.");
    }
}
