namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>An append whose bytes are being received: the request, where the bytes go, and what accompanies them.</summary>
internal sealed record RunningAppend(StreamAppend Request, UploadBody Body, StreamSegment Segment, Reception Reception)
{
    /// <summary>The upload as it was when the bytes began to come.</summary>
    public Upload Upload => Segment.Upload;

    /// <summary>Bytes of this request that came.</summary>
    public long Received => Segment.Offset - Request.Offset;

    /// <summary>Bytes of this request that are recorded.</summary>
    public long Recorded => Segment.RecordedOffset - Request.Offset;

    /// <summary>Why the ledger did not accept a checkpoint.</summary>
    public UploadFailure Refused(RecordResult result) =>
        UploadRefusals.Of(result, ByteRange.Between(Request.Offset, Segment.Offset)) with { Upload = result.Upload ?? Upload };
}
