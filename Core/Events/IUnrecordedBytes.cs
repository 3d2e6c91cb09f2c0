namespace ChunkUpload.Core.Events;

/// <summary>What has arrived and is not recorded yet, for the progress that people see.</summary>
public interface IUnrecordedBytes
{
    Dictionary<UploadId, long> Unrecorded();
}
