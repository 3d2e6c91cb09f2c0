using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// The rules that an append must meet: those before its first byte, in the order in which they are checked, and those at its end.
/// </summary>
internal static class StreamRules
{
    /// <summary>Rules that need no claim: the upload exists and takes bytes.</summary>
    public static UploadFailure? RefuseBeforeClaim(StreamAppend request, Upload? upload)
    {
        if (upload is null)
            return UploadRefusals.NotFound(request.Upload);
        if (upload.Protocol == request.Protocol && request.Refuse?.Invoke(upload) is { } refusal)
            return refusal;
        return IsRepeatOfTheEnd(request, upload) ? null : UploadRefusals.RefuseBytes(upload, request.Protocol);
    }

    /// <summary>Refuses a request that no change of the upload can make succeed, before it stops a request that can.</summary>
    public static UploadFailure? RefusePermanently(StreamAppend request, UploadBody body, Upload upload, Admission admission)
    {
        // An offset never decreases.
        if (request.Offset < upload.ReceivedBytes)
            return OffsetConflict(request, upload);
        return upload.IsReceived || request.Offset > upload.ReceivedBytes
            ? null
            : RefuseSize(request, upload, admission) ?? RefuseBody(request, body, upload, admission);
    }

    public static UploadFailure? Refuse(StreamAppend request, UploadBody body, Upload? now, Admission admission)
    {
        if (RefuseBeforeClaim(request, now) is { } refusal)
            return refusal;
        var upload = now!;
        if (request.Offset != upload.ReceivedBytes)
            return OffsetConflict(request, upload);
        return RefuseSize(request, upload, admission) ?? RefuseBody(request, body, upload, admission);
    }

    public static UploadFailure OffsetConflict(StreamAppend request, Upload upload) =>
        At(upload, UploadError.OffsetConflict,
            $"The upload is at offset {upload.ReceivedBytes}, but the request begins at {request.Offset}; "
                + $"resume at {upload.ReceivedBytes}.");

    /// <summary>The upload's size as far as this request's headers tell it, or null.</summary>
    public static long? SizeAfter(StreamAppend request, UploadBody body, Upload upload) =>
        request.Size ?? upload.Size ??
        (request.Completion == CompletionMode.WithThisRequest && body.Length is { } length ? request.Offset + length : null);

    /// <summary>The request was to complete the upload, and bytes are missing.</summary>
    public static UploadFailure Short(Upload upload, long size, long recorded) =>
        new(UploadError.SizeMismatch, $"The upload has {recorded} of {size} bytes; send the rest.")
        { Upload = upload, Offset = recorded };

    public static UploadFailure TakenOver(Upload upload) => BodyEnd.TakenOver.ToFailure(upload, upload.ReceivedBytes);

    /// <summary>
    /// A file that is sent in one request with its digest announced for the trailer is not published without that digest.
    /// </summary>
    public static UploadFailure? RefuseTrailer(StreamAppend request, UploadBody body, Upload upload) =>
        request.Protocol == UploadProtocol.Put && upload.DeclaredSha256 is null
        && body.TrailerDigest is { } readTrailer && readTrailer() is null
            ? new(
                UploadError.DigestMissing,
                "The file's SHA-256 was announced for the trailer, but is missing there or malformed; nothing was kept.")
            { Upload = upload }
            : null;

    public static UploadFailure? RefuseChecksum(StreamAppend request, Upload upload) => request.Checksum?.Verify() switch
    {
        ChecksumVerdict.Mismatch => new(
            UploadError.ChecksumMismatch, "The declared checksum does not match the bytes of this request; none of them was kept.")
        { Upload = upload, Offset = request.Offset },
        ChecksumVerdict.Missing => new(
            UploadError.ChecksumMissing,
            "The declared checksum is missing after the body or malformed; none of the bytes was kept.")
        { Upload = upload, Offset = request.Offset },
        _ => null,
    };

    // The client repeats its last request because the answer was lost. The rule about the length checks the body.
    private static bool IsRepeatOfTheEnd(StreamAppend request, Upload upload) =>
        upload.IsReceived && upload.Protocol == request.Protocol && upload.DamagedAt is null;

    private static UploadFailure? RefuseSize(StreamAppend request, Upload upload, Admission admission)
    {
        if (request.Size is not { } size)
            return null;
        if (upload.Size is { } known && known != size)
            return At(upload, UploadError.SizeMismatch, $"The upload's size is {known} bytes and cannot become {size}.");
        if (size < upload.ReceivedBytes)
            return At(upload, UploadError.SizeMismatch, $"The upload has {upload.ReceivedBytes} bytes already; its size cannot be {size}.");
        return RefuseEnd(request, upload, size, admission);
    }

    private static UploadFailure? RefuseBody(StreamAppend request, UploadBody body, Upload upload, Admission admission)
    {
        if (body.Length is not { } length)
            return null;
        var end = request.Offset > long.MaxValue - length ? long.MaxValue : request.Offset + length;
        if ((request.Size ?? upload.Size) is { } size)
        {
            if (end > size)
                return At(upload, UploadError.BeyondSize, $"The request would end at {end}, beyond the size of {size} bytes.");
            if (request.Completion == CompletionMode.WithThisRequest && end < size)
            {
                return At(upload, UploadError.SizeMismatch,
                    $"The request is marked as the last one, but would end at {end}, before the size of {size} bytes.");
            }
        }

        return RefuseEnd(request, upload, end, admission);
    }

    private static UploadFailure? RefuseEnd(StreamAppend request, Upload upload, long end, Admission admission) =>
        admission.RefuseEnd(request.Caller, upload, end) is { } refusal ? refusal with { Offset = upload.ReceivedBytes } : null;

    private static UploadFailure At(Upload upload, UploadError error, string detail) =>
        new(error, detail) { Upload = upload, Offset = upload.ReceivedBytes };
}
