using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Uploads;

public enum FlowDirection
{
    /// <summary>From the client to the service.</summary>
    Receive = 1,
    Send,
}

/// <summary>Limits the bandwidth of uploads and downloads. The receive loop and the reader of downloads ask for every batch.</summary>
public interface IBandwidthLimiter
{
    /// <summary>Whether any bandwidth is limited. Read for every batch, so it costs no more than a field.</summary>
    bool IsActive { get; }

    /// <summary>Adds a request to those that share the bandwidth, until the result is disposed of.</summary>
    IBandwidthShare Begin(FlowDirection direction, Caller caller, UploadId upload, BandwidthPriority priority);

    /// <summary>Running requests of this upload continue with this priority.</summary>
    void SetPriority(UploadId upload, BandwidthPriority priority);
}

/// <summary>One request's share of the bandwidth.</summary>
public interface IBandwidthShare : IDisposable
{
    /// <summary>How many bytes to pass at a time, so that a slow flow moves several times a second.</summary>
    int Batch { get; }

    /// <summary>Completes when the next batch may pass, or after a quarter of a second at most.</summary>
    /// <returns>False: it may not pass yet. Ask again after doing what else is due.</returns>
    ValueTask<bool> WaitAsync();

    /// <summary>Notes that this number of bytes has passed.</summary>
    void Passed(long bytes);
}
