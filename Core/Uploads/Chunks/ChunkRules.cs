using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Chunks;

/// <summary>The rules that a chunk request must meet before its first byte is read, in the order in which they are checked.</summary>
public sealed class ChunkRules(Admission admission, IOptions<UploadOptions> options)
{
    /// <summary>Why the chunk is refused, or null. A chunk that was received before is not refused: see <see cref="IsSame"/>.</summary>
    public UploadFailure? Refuse(ChunkRequest request, UploadBody body, ChunkInspection seen) =>
        seen.Upload is not { } upload
            ? UploadRefusals.NotFound(request.Upload)
            : RefuseShape(request, upload)
            ?? RefuseOverlap(request, seen, upload)
            ?? UploadRefusals.RefuseBytes(upload, UploadProtocol.Session)
            ?? RefuseSize(request, upload)
            ?? RefusePrefix(request, body, seen, upload);

    /// <summary>Whether the request's headers describe a chunk that was received before.</summary>
    public static bool IsSame(ChunkRequest request, ChunkInspection seen) =>
        seen.Same is { } same && request.Sha256 == same.Sha256 && (request.Length is null || request.Length == same.Range.Length);

    /// <summary>Bytes of an ended upload that are not freed yet do not count.</summary>
    public static bool StillHasBytes(Upload upload) => upload.IsLive || upload.State == UploadState.Completed;

    /// <summary>The maximum length of the whole chunk.</summary>
    public long MaxLength(ChunkRequest request, Upload upload) =>
        request.Length ?? Math.Min(options.Value.MaxChunkSize, admission.LargestEnd(request.Caller, upload) - request.Offset);

    public static UploadFailure Empty(Upload upload) =>
        new(UploadError.EmptyChunk,
            "A chunk must have at least one byte. To upload an empty file, complete the upload without sending a chunk.")
        { Upload = upload };

    private static UploadFailure? RefuseShape(ChunkRequest request, Upload upload)
    {
        if (request.Offset < 0 || request.From < request.Offset)
            return new(
                UploadError.BeyondSize, "A chunk's offset must not be negative, and its bytes must not begin before it.")
            { Upload = upload };
        if (request.Length == 0)
            return Empty(upload);
        return request.Length is { } length
            && (length < 0 || length > long.MaxValue - request.Offset || request.From >= request.Offset + length)
            ? new(UploadError.LengthMismatch,
                "The announced range does not fit the chunk; check Content-Range and Content-Length.")
            { Upload = upload }
            : null;
    }

    private static UploadFailure? RefuseOverlap(ChunkRequest request, ChunkInspection seen, Upload upload)
    {
        // If the digest comes in the trailer, the chunk may still be the same one.
        var mayBeSame = seen.Same is { } same && (request.Sha256 is null || request.Sha256 == same.Sha256) &&
            (request.Length is null || request.Length == same.Range.Length);
        if (mayBeSame || !seen.Overlaps)
            return null;
        // For an ended session the state comes first: 410 tells the client more than 409.
        if (!upload.IsLive)
            return UploadRefusals.RefuseBytes(upload, UploadProtocol.Session);
        return new(UploadError.Overlap, seen.Same is null
            ? "Other bytes were already received inside this range; query the missing ranges and send those."
            : $"Another chunk of {seen.Same.Range.Length} bytes with SHA-256 {seen.Same.Sha256} was received at this offset; take it "
                + $"back first.")
        { Upload = upload };
    }

    private UploadFailure? RefuseSize(ChunkRequest request, Upload upload)
    {
        if (request.Length > options.Value.MaxChunkSize)
            return new(UploadError.TooLarge, $"A chunk may have at most {options.Value.MaxChunkSize} bytes.") { Upload = upload };
        if (request.FileSize is { } named && upload.Size is { } known && named != known)
            return new(
                UploadError.SizeMismatch, $"Content-Range names a file of {named} bytes, but the session has {known}.")
            { Upload = upload };
        var end = request.Offset + (request.Length ?? 1);
        if (upload.Size is { } size && end > size)
            return new(UploadError.BeyondSize, $"The chunk would end at {end}, beyond the size of {size} bytes.") { Upload = upload };
        return admission.RefuseEnd(request.Caller, upload, end);
    }

    private static UploadFailure? RefusePrefix(ChunkRequest request, UploadBody body, ChunkInspection seen, Upload upload)
    {
        if (body.Length is { } announced && request.Length is { } whole && announced != request.Offset + whole - request.From)
            return new(
                UploadError.LengthMismatch, "Content-Length and Content-Range disagree about how many bytes come.")
            { Upload = upload };
        if (!request.Continues)
            return null;
        var kept = seen.Prefix?.Kept ?? 0;
        if (request.From - request.Offset != kept)
            return new(UploadError.PrefixConflict,
                $"The service keeps {kept} bytes of this chunk; resume at offset {request.Offset + kept}.")
            {
                Upload = upload,
                Offset = kept
            };
        return null;
    }
}
