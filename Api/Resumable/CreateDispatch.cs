using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Which upload a POST or PUT begins: a resumable one in the version that is named, or in the newest where none is; an ordinary one
/// where nothing says that it can be resumed. What says that it is only a part is never taken for a whole file (R4, R5, R50).
/// </summary>
internal static class CreateDispatch
{
    /// <param name="complete">Whether the request brings all of the file.</param>
    public static Refusal? Read(IHeaderDictionary headers, Exchange exchange, out bool complete)
    {
        complete = true;
        if (exchange.Spoken)
        {
            var dialect = exchange.Named ?? Dialect.Unnamed;
            if (dialect.ReadComplete(headers) is { } said)
            {
                (exchange.Dialect, complete) = (dialect, said);
                return null;
            }
        }

        var isPart = ItemField.Boolean(headers[ResumableHeaders.UploadComplete]) == false
            || ItemField.Boolean(headers[ResumableHeaders.UploadIncomplete]) == true;
        if (!isPart)
            return null;
        return Refusal.Of(RequestError.InvalidHeader, exchange.Spoken
            ? $"{ResumableHeaders.UploadIncomplete} belongs to interop version 3, {ResumableHeaders.UploadComplete} to all later ones."
            : $"This {ResumableHeaders.InteropVersion} is not spoken here; {Dialect.Oldest} to {Dialect.Newest} are.");
    }
}
