namespace ChunkUpload.Core.Advisor;

/// <summary>What advice is asked for, beside the link: what is left to send, and what the client said of itself.</summary>
public readonly record struct AdviceQuestion
{
    public AdviceQuestion()
    {
    }

    /// <summary>Bytes that have not reached the service; null while the size is not known.</summary>
    public long? Remaining { get; init; }

    /// <summary>The most streams that the protocol or the client can use.</summary>
    public int MaxConcurrency { get; init; } = int.MaxValue;

    /// <summary>The client's round trip in seconds; 0 when it did not say.</summary>
    public double RoundTrip { get; init; }

    /// <summary>What the client believes its rate to be, in bytes per second; 0 when it did not say.</summary>
    public double HintedRate { get; init; }

    /// <summary>Bytes cost the client money or battery.</summary>
    public bool Sparing { get; init; }

    /// <summary>The service has more to do than it can: fewer streams, later retries.</summary>
    public bool Shedding { get; init; }
}
