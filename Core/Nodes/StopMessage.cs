namespace ChunkUpload.Core.Nodes;

/// <summary>A <see cref="StopRequest"/> as it is sent.</summary>
public sealed record StopMessage(Guid Upload, long? ClaimedOffset, long? At, long Epoch)
{
    public static StopMessage Of(StopRequest request) =>
        new(request.Upload.Value, request.ClaimedOffset, request.At, request.Epoch);

    public StopRequest ToRequest() => new(new UploadId(Upload), ClaimedOffset, At, Epoch);
}
