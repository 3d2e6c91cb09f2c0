using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Decides which kind of upload a POST or PUT creates: a resumable one in the named or newest version, or an ordinary one if no field
/// requests resumption. A request that is, or may be, only a part is never treated as a whole file (R4, R5, R12, R50). Refusals use the
/// client's version (R90).
/// </summary>
internal static class CreateDispatch
{
    private static readonly string[] StateHeaders = [ResumableHeaders.UploadComplete, ResumableHeaders.UploadIncomplete];

    /// <param name="complete">Whether the request contains the whole file.</param>
    public static Refusal? Read(IHeaderDictionary headers, ResumableRequest resumable, out bool complete)
    {
        complete = true;
        var dialect = resumable.Named ?? Dialect.Unnamed;
        resumable.Dialect = dialect;
        foreach (var name in StateHeaders)
        {
            if (headers.TryGetValue(name, out var field) && ItemField.Boolean(field) is null)
                return Refusal.Of(RequestError.InvalidHeader, $"{name} must be one line with ?1 or ?0.");
        }

        if (resumable.IsVersionSupported && dialect.ReadComplete(headers) is { } said)
        {
            complete = said;
            return null;
        }

        var isPart = ItemField.Boolean(headers[ResumableHeaders.UploadComplete]) == false
            || ItemField.Boolean(headers[ResumableHeaders.UploadIncomplete]) == true;
        if (!isPart)
        {
            resumable.Dialect = null;
            return null;
        }

        return Refusal.Of(RequestError.InvalidHeader, resumable.IsVersionSupported
            ? $"{ResumableHeaders.UploadIncomplete} belongs to interop version 3, {ResumableHeaders.UploadComplete} to all later ones."
            : $"This {ResumableHeaders.InteropVersion} is not supported; use {Dialect.Oldest} to {Dialect.Newest}.");
    }
}
