using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Limits;

public enum FlowDirection
{
    /// <summary>From the client to the service.</summary>
    Receive = 1,
    Send,
}

/// <summary>Limits the bandwidth of whatever moves bytes. The receive loop and the reader of downloads ask for every batch.</summary>
public interface IBandwidthLimiter
{
    /// <summary>Whether any bandwidth is limited. Read for every batch, so it costs no more than a field.</summary>
    bool IsActive { get; }

    /// <summary>Adds a request or an item of work to those that share the bandwidth, until the result is disposed of.</summary>
    IBandwidthShare Begin(Flow flow);

    /// <summary>What runs with this label continues with this priority.</summary>
    void SetPriority(Topic label, BandwidthPriority priority);
}

/// <summary>
/// Bytes that share one part of the bandwidth: those of one caller, in one direction, about one thing. Requests with the same caller and
/// label are one flow, so that no caller gets more by opening more connections.
/// </summary>
/// <param name="Caller">Whose limits hold: those of the tenant, the user and the key. Through a link, its maker's.</param>
/// <param name="Label">What the bytes belong to. The limit of each upload holds for an upload.</param>
public readonly record struct Flow(FlowDirection Direction, Caller Caller, Topic Label, BandwidthPriority Priority);

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
