using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// What must hold before a byte of a PATCH is read, in the order in which it is checked. A request whose headers are in order goes
/// straight to the engine, which asks the rules about the upload itself; only when a header is at fault is the upload looked up first.
/// </summary>
internal static class AppendRules
{
    /// <summary>
    /// The first broken rule of a request with a faulty header. Its offset is not looked at: it moves while somebody writes.
    /// </summary>
    public static Refusal FirstBroken(AppendHeaders headers, Upload? upload, ResumableOptions options) =>
        Of(UploadRule.Exists(upload))
        ?? Of(UploadRefusals.IfGone(upload!))
        ?? HasTheType(headers)
        ?? HasOffset(headers)
        ?? SaysWhetherItEnds(headers)
        ?? UploadLength.Fault(headers.LengthReading)
        ?? headers.Digests.Fault
        ?? Of(TakesMore(headers, upload!))
        ?? IsNotTooLarge(headers, upload!, options)
        ?? IsNotTooSmall(headers, options)
        ?? throw new InvalidOperationException("The headers are in order.");

    /// <summary>What the engine asks before it takes the upload, and again when it has it.</summary>
    public static UploadFailure? OfUpload(AppendHeaders headers, Upload upload) => UploadRefusals.IfGone(upload)
        ?? TakesMore(headers, upload);

    // A finished upload: the repeat of a last request that brings nothing is answered again, where the version knows such a thing (R89).
    private static UploadFailure? TakesMore(AppendHeaders headers, Upload upload)
    {
        if (upload.State != UploadState.Completed)
            return null;
        var repeats = headers.Complete == true && headers.Offset == upload.ReceivedBytes && headers.Announced is null or 0;
        if (headers.Dialect.AnswersRepeats && repeats)
            return null;
        return headers.Dialect.Version == 8 && headers.Announced is not 0
            ? new(UploadError.SizeMismatch, $"The upload is complete with {upload.ReceivedBytes} bytes; it cannot have more.")
            {
                Upload =
                upload
            }
            : new(UploadError.AlreadyCompleted, "The upload is complete and takes no more bytes.") { Upload = upload };
    }

    private static Refusal? HasTheType(AppendHeaders headers) => headers.HasTheType
        ? null
        : Refusal.Of(RequestError.MediaTypeNotSupported, $"Send a PATCH with Content-Type: {ResumableHeaders.PartialUpload}.");

    private static Refusal? HasOffset(AppendHeaders headers) => headers.Offset is not null
        ? null
        : Refusal.Of(RequestError.InvalidOffset,
            "Send Upload-Offset with a PATCH: one whole number of at most 15 digits, the position of its first byte.");

    private static Refusal? SaysWhetherItEnds(AppendHeaders headers) => headers.Complete is not null
        ? null
        : Refusal.Of(RequestError.InvalidHeader, "Send Upload-Complete with a PATCH: ?1 if its bytes are the last ones, otherwise ?0.");

    private static Refusal? IsNotTooLarge(AppendHeaders headers, Upload upload, ResumableOptions options) => headers.IsTooLarge(options)
        ? Refusal.Of(new UploadFailure(UploadError.TooLarge,
            $"One request may carry at most {options.MaxAppendSize} bytes; split the upload into several.")
        { Upload = upload, Offset = upload.ReceivedBytes })
        : null;

    private static Refusal? IsNotTooSmall(AppendHeaders headers, ResumableOptions options) => headers.IsTooSmall(options)
        ? Refusal.Of(RequestError.TooSmall, $"A request that is not the last one must carry at least {options.MinAppendSize} bytes.")
        : null;

    private static Refusal? Of(UploadFailure? failure) => failure is null ? null : Refusal.Of(failure);
}
