namespace ChunkUpload.Core.Uploads;

/// <summary>What must hold of an append: before its first byte is read, in the order in which it is checked, and of its end.</summary>
internal static class StreamRules
{
    /// <summary>What needs no claim: whether there is such an upload and it may be written to at all.</summary>
    public static UploadFailure? RefuseBeforeClaim(StreamAppend request, Upload? upload)
    {
        if (upload is null)
            return UploadRules.NotFound(request.Upload);
        if (upload.Protocol == request.Protocol && request.Refuse?.Invoke(upload) is { } refusal)
            return refusal;
        return IsRepeatOfTheEnd(request, upload) ? null : UploadRules.RefuseBytes(upload, request.Protocol);
    }

    /// <summary>What can never succeed, whoever else writes: it must not stop a request that can.</summary>
    public static UploadFailure? RefuseForGood(StreamAppend request, UploadBody body, Upload upload, UploadOptions options)
    {
        // An offset never falls.
        if (request.Offset < upload.ReceivedBytes)
            return Elsewhere(request, upload);
        return upload.State == UploadState.Completed || request.Offset > upload.ReceivedBytes
            ? null
            : RefuseSize(request, upload, options) ?? RefuseBody(request, body, upload, options);
    }

    public static UploadFailure? Refuse(StreamAppend request, UploadBody body, Upload? now, UploadOptions options)
    {
        if (RefuseBeforeClaim(request, now) is { } refusal)
            return refusal;
        var upload = now!;
        if (request.Offset != upload.ReceivedBytes)
            return Elsewhere(request, upload);
        return RefuseSize(request, upload, options) ?? RefuseBody(request, body, upload, options);
    }

    public static UploadFailure Elsewhere(StreamAppend request, Upload upload) =>
        new(UploadError.OffsetConflict, $"The upload is at {upload.ReceivedBytes}, the request begins at {request.Offset}; go on at {upload.ReceivedBytes}.")
        { Upload = upload, Offset = upload.ReceivedBytes };

    /// <summary>The size that is known once this request has been read, or null.</summary>
    public static long? SizeAfter(StreamAppend request, UploadBody body, Upload upload) =>
        request.Size ?? upload.Size ?? (request.Ending == StreamEnding.WithThisRequest && body.Length is { } length ? request.Offset + length : null);

    public static UploadFailure Broken(BodyEnd end, Upload upload, long recorded) => end switch
    {
        BodyEnd.TooLong => new(UploadError.BeyondSize, $"More bytes came than the upload has room for; {recorded} bytes are kept.") { Upload = upload, Offset = recorded },
        BodyEnd.Idle => new(UploadError.IdleTimeout, $"No byte came for too long; {recorded} bytes are kept.") { Upload = upload, Offset = recorded },
        BodyEnd.TakenOver => TakenOver(upload, recorded),
        BodyEnd.Stopping => new(UploadError.Stopping, $"The service is stopping; {recorded} bytes are kept.") { Upload = upload, Offset = recorded },
        BodyEnd.Malformed => new(UploadError.MalformedBody, $"The body's framing is broken; {recorded} bytes are kept.") { Upload = upload, Offset = recorded },
        _ => new(UploadError.Interrupted, $"The request broke off; {recorded} bytes are kept.") { Upload = upload, Offset = recorded },
    };

    /// <summary>Whoever came later has been told that the upload stands there.</summary>
    public static UploadFailure TakenOver(Upload upload) => TakenOver(upload, upload.ReceivedBytes);

    /// <summary>A file in one request whose digest was promised for the trailer is not published without it.</summary>
    public static UploadFailure? RefuseTrailer(StreamAppend request, UploadBody body, Upload upload) =>
        request.Protocol == UploadProtocol.Put && upload.DeclaredSha256 is null && body.TrailerDigest is { } promised && promised() is null
            ? new(UploadError.DigestMissing, "The file's SHA-256 was announced for the trailer and did not come there, or cannot be read; nothing was kept.") { Upload = upload }
            : null;

    public static UploadFailure? RefuseChecksum(StreamAppend request, Upload upload) => request.Checksum?.Verify() switch
    {
        ChecksumVerdict.Mismatch => new(UploadError.ChecksumMismatch, "The declared checksum does not match the bytes of this request; none of them was kept.")
        { Upload = upload, Offset = request.Offset },
        ChecksumVerdict.Missing => new(UploadError.ChecksumMissing, "The declared checksum did not come after the body, or cannot be read; none of the bytes was kept.")
        { Upload = upload, Offset = request.Offset },
        _ => null,
    };

    private static UploadFailure TakenOver(Upload upload, long recorded) =>
        new(UploadError.TakenOver, $"A newer request took over; {recorded} bytes are kept.") { Upload = upload, Offset = recorded };

    // A repeated last request whose answer was lost: the body is looked at by the rule about the length.
    private static bool IsRepeatOfTheEnd(StreamAppend request, Upload upload) =>
        upload.State == UploadState.Completed && upload.Protocol == request.Protocol && upload.DamagedAt is null;

    private static UploadFailure? RefuseSize(StreamAppend request, Upload upload, UploadOptions options)
    {
        if (request.Size is not { } size)
            return null;
        if (upload.Size is { } known && known != size)
            return new(UploadError.SizeMismatch, $"The upload's size is {known} bytes and cannot become {size}.") { Upload = upload, Offset = upload.ReceivedBytes };
        if (size < upload.ReceivedBytes)
            return new(UploadError.SizeMismatch, $"The upload has {upload.ReceivedBytes} bytes already; its size cannot be {size}.") { Upload = upload, Offset = upload.ReceivedBytes };
        return size > options.MaxSize
            ? new(UploadError.TooLarge, $"An upload has at most {options.MaxSize} bytes here.") { Upload = upload, Offset = upload.ReceivedBytes }
            : null;
    }

    private static UploadFailure? RefuseBody(StreamAppend request, UploadBody body, Upload upload, UploadOptions options)
    {
        if (body.Length is not { } length)
            return null;
        var end = request.Offset > long.MaxValue - length ? long.MaxValue : request.Offset + length;
        if ((request.Size ?? upload.Size) is { } size)
        {
            if (end > size)
                return new(UploadError.BeyondSize, $"The request would end at {end}, beyond the size of {size} bytes.") { Upload = upload, Offset = upload.ReceivedBytes };
            if (request.Ending == StreamEnding.WithThisRequest && end < size)
                return new(UploadError.SizeMismatch, $"The request says that it is the last one and would end at {end}, before the size of {size} bytes.") { Upload = upload, Offset = upload.ReceivedBytes };
        }

        return end > options.MaxSize
            ? new(UploadError.TooLarge, $"An upload has at most {options.MaxSize} bytes here.") { Upload = upload, Offset = upload.ReceivedBytes }
            : null;
    }
}
