using ChunkUpload.Core.Access;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>What must hold before the first byte of a chunk is read, in the order in which it is checked.</summary>
internal sealed class ChunkRules(Admission admission, IOptions<UploadOptions> options)
{
    /// <summary>Why the chunk is refused, or null. A chunk that is there already is no refusal: see <see cref="IsSame"/>.</summary>
    public UploadFailure? Refuse(ChunkRequest request, UploadBody body, ChunkInspection seen) =>
        seen.Upload is not { } upload
            ? UploadRefusals.NotFound(request.Upload)
            : RefuseShape(request, upload)
            ?? RefuseOtherBytes(request, seen, upload)
            ?? UploadRules.RefuseBytes(upload, UploadProtocol.Session)
            ?? RefuseSize(request, upload)
            ?? RefusePrefix(request, body, seen, upload);

    /// <summary>Whether exactly these bytes are received already, as far as the request says before its body is read.</summary>
    public static bool IsSame(ChunkRequest request, ChunkInspection seen) =>
        seen.Same is { } same && request.Sha256 == same.Sha256 && (request.Length is null || request.Length == same.Range.Length);

    /// <summary>An upload that has ended has none, whatever is not freed yet.</summary>
    public static bool StillHasBytes(Upload upload) => upload.IsLive || upload.State == UploadState.Completed;

    /// <summary>How many bytes the whole chunk may have at most.</summary>
    public long MaxLength(ChunkRequest request, Upload upload) =>
        request.Length ?? Math.Min(options.Value.MaxChunkSize, admission.LargestEnd(upload) - request.Offset);

    private static UploadFailure? RefuseShape(ChunkRequest request, Upload upload)
    {
        if (request.Offset < 0 || request.From < request.Offset)
            return new(
                UploadError.BeyondSize, "A chunk's offset is not negative, and its bytes do not begin before it.")
            { Upload = upload };
        if (request.Length == 0)
            return new(
                UploadError.EmptyChunk, "A chunk has at least one byte; an empty file needs no chunk, only complete.")
            { Upload = upload };
        return request.Length is { } length
            && (length < 0 || length > long.MaxValue - request.Offset || request.From >= request.Offset + length)
            ? new(UploadError.LengthMismatch, "The announced range does not fit the chunk.") { Upload = upload }
            : null;
    }

    private static UploadFailure? RefuseOtherBytes(ChunkRequest request, ChunkInspection seen, Upload upload)
    {
        // With the digest still to come in the trailer, the chunk may yet turn out to be the same.
        var mayBeSame = seen.Same is { } same && (request.Sha256 is null || request.Sha256 == same.Sha256) &&
            (request.Length is null || request.Length == same.Range.Length);
        if (mayBeSame || !seen.Overlaps)
            return null;
        // What the session's state says comes first for a session that has ended: 410 tells more than 409.
        if (!upload.IsLive)
            return UploadRules.RefuseBytes(upload, UploadProtocol.Session);
        return new(UploadError.Overlap, seen.Same is null
            ? "Other bytes were received inside this range already; ask for the missing ranges."
            : $"Another chunk of {seen.Same.Range.Length} bytes with SHA-256 {seen.Same.Sha256} was received at this offset; take it "
                + $"back first.")
        { Upload = upload };
    }

    private UploadFailure? RefuseSize(ChunkRequest request, Upload upload)
    {
        if (request.Length > options.Value.MaxChunkSize)
            return new(UploadError.TooLarge, $"A chunk has at most {options.Value.MaxChunkSize} bytes here.") { Upload = upload };
        if (request.FileSize is { } named && upload.Size is { } known && named != known)
            return new(
                UploadError.SizeMismatch, $"Content-Range names a file of {named} bytes, the session has {known}.")
            { Upload = upload };
        var end = request.Offset + (request.Length ?? 1);
        if (upload.Size is { } size && end > size)
            return new(UploadError.BeyondSize, $"The chunk would end at {end}, beyond the size of {size} bytes.") { Upload = upload };
        return admission.RefuseEnd(upload, end);
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
            return new(UploadError.PrefixConflict, $"Of this chunk {kept} bytes are kept; go on at {request.Offset + kept}.")
            {
                Upload =
                upload,
                Offset = kept
            };
        return null;
    }
}
