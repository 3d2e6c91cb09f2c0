using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// The rules that are checked, in this order, before a byte of a PATCH is read. A request with valid headers goes straight to the engine,
/// which applies the rules about the upload itself. Only for a request with an invalid header is the upload looked up first.
/// </summary>
internal static class AppendRules
{
    /// <summary>
    /// Returns the first broken rule of a request with an invalid header. The offset is not compared, because it changes while another
    /// request writes.
    /// </summary>
    public static Refusal FirstBroken(AppendHeaders headers, Upload? upload, ResumableOptions options) =>
        Of(IetfUploadRules.Exists(upload))
        ?? Of(UploadRefusals.IfGone(upload!))
        ?? HasTheType(headers)
        ?? HasOffset(headers)
        ?? SaysWhetherItEnds(headers)
        ?? UploadLength.Fault(headers.LengthStatus)
        ?? headers.Digests.Fault
        ?? Of(AcceptsBytes(headers, upload!))
        ?? IsNotTooLarge(headers, upload!, options)
        ?? IsNotTooSmall(headers, options)
        ?? throw new InvalidOperationException("The headers are in order.");

    /// <summary>The rules that the engine applies before and after it claims the upload.</summary>
    public static UploadFailure? OfUpload(AppendHeaders headers, Upload upload) => UploadRefusals.IfGone(upload)
        ?? AcceptsBytes(headers, upload);

    // For a finished upload, the last request may be repeated without bytes, in versions that define this (R89).
    private static UploadFailure? AcceptsBytes(AppendHeaders headers, Upload upload)
    {
        if (!upload.IsReceived)
            return null;
        var repeats = headers.Complete == true && headers.Offset == upload.ReceivedBytes && headers.Announced is null or 0;
        if (headers.Dialect.AnswersRepeats && repeats)
            return null;
        return headers.Dialect.Version == 8 && headers.Announced is not 0
            ? new(UploadError.SizeMismatch, $"The upload is complete with {upload.ReceivedBytes} bytes; it cannot have more.")
            { Upload = upload }
            : UploadRefusals.Completed(upload);
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
