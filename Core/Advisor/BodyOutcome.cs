namespace ChunkUpload.Core.Advisor;

/// <summary>How a request's body ended, as far as the network is concerned.</summary>
public enum NetworkOutcome
{
    /// <summary>Received, verified, acknowledged.</summary>
    Ok = 1,

    /// <summary>The connection was lost.</summary>
    Disconnect,

    /// <summary>No more bytes arrived.</summary>
    Stall,

    /// <summary>Ended because it took too long.</summary>
    Timeout,

    /// <summary>All bytes arrived, and some of them were wrong.</summary>
    Checksum,

    /// <summary>
    /// It ended for a reason that says nothing about the network: a refusal, a full disk, or another request at the same offset.
    /// </summary>
    Unrelated,
}

/// <summary>The measurements of one request's body.</summary>
/// <param name="Size">The whole chunk's bytes, including an earlier prefix.</param>
/// <param name="Received">The bytes of this request.</param>
/// <param name="Lost">How many received bytes must be sent again.</param>
public readonly record struct BodyOutcome(NetworkOutcome Network, long Size, long Received, long Lost)
{
    public bool IsBreak => Network is NetworkOutcome.Disconnect or NetworkOutcome.Stall or NetworkOutcome.Timeout;
}
