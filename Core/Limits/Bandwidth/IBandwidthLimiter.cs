using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Limits;

public enum FlowDirection
{
    /// <summary>From the client to the service.</summary>
    Receive = 1,
    Send,
}

/// <summary>Limits the bandwidth of everything that moves bytes. Uploads and downloads ask before every batch.</summary>
public interface IBandwidthLimiter
{
    /// <summary>Gets a value that indicates whether any bandwidth is limited. It is read for every batch, so it costs little.</summary>
    bool IsActive { get; }

    /// <summary>Adds a request or an item of work to those that share the bandwidth, until the result is disposed of.</summary>
    IBandwidthShare Begin(Flow flow);

    /// <summary>Gives a priority to everything that runs with this label.</summary>
    void SetPriority(Topic label, BandwidthPriority priority);
}

/// <summary>
/// The bytes that share one part of the bandwidth: those of one caller, in one direction, of one file. Requests with the same caller and
/// label are one flow, so that a caller does not get more with more connections.
/// </summary>
/// <param name="Caller">The caller whose limits apply; for a link, the user or key that made it.</param>
/// <param name="Label">The file or work to which the bytes belong. The limit of each upload applies to uploads only.</param>
public readonly record struct Flow(FlowDirection Direction, Caller Caller, Topic Label, BandwidthPriority Priority);

/// <summary>One request's share of the bandwidth.</summary>
public interface IBandwidthShare : IDisposable
{
    /// <summary>The number of bytes to pass at a time, so that a slow flow moves several times a second.</summary>
    int Batch { get; }

    /// <summary>Completes when the next batch may pass, or after a quarter of a second at most.</summary>
    /// <returns>False if the batch may not pass yet. Ask again after other work that is due.</returns>
    ValueTask<bool> WaitAsync();

    /// <summary>Notes that this number of bytes has passed.</summary>
    void Passed(long bytes);
}
