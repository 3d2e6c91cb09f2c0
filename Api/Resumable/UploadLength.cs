using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Reads <c>Upload-Length</c> of a request. An invalid value is refused and not ignored, because the client intended to declare a length,
/// and would otherwise only notice at the last byte that the service does not know it.
/// </summary>
internal static class UploadLength
{
    public static (FieldStatus Reading, long? Length) Read(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(ResumableHeaders.UploadLength, out var field))
            return (FieldStatus.Absent, null);
        var length = ItemField.Integer(field);
        return (length is null ? FieldStatus.Malformed : FieldStatus.Found, length);
    }

    public static Refusal? Fault(FieldStatus reading) => reading == FieldStatus.Malformed
        ? Refusal.Of(RequestError.InvalidHeader,
            "Upload-Length must be one whole number of bytes: at most 15 digits, no sign and no fraction.")
        : null;

    /// <summary>Also refuses a body above the limit, before its size is compared with the declared length.</summary>
    public static Refusal? Exceeds(long? length, long? announced, long most) => length > most
        ? Refusal.Of(UploadError.TooLarge, $"Upload-Length is {length} bytes; an upload may have at most {most} bytes.")
        : announced > most
            ? Refusal.Of(UploadError.TooLarge, $"The request brings {announced} bytes; an upload may have at most {most} bytes.")
            : null;
}
