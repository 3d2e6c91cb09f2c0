namespace ChunkUpload.Core.Advisor;

/// <summary>The input of a decision besides the network: what is left to send, and what the client reported about itself.</summary>
public readonly record struct AdviceQuestion
{
    public AdviceQuestion()
    {
    }

    /// <summary>Bytes that have not reached the service; null while the size is not known.</summary>
    public long? Remaining { get; init; }

    /// <summary>The most streams that the protocol or the client can use.</summary>
    public int MaxConcurrency { get; init; } = int.MaxValue;

    /// <summary>The client's round trip in seconds; 0 when unknown.</summary>
    public double RoundTrip { get; init; }

    /// <summary>The client's own estimate of its rate in bytes per second; 0 when unknown.</summary>
    public double HintedRate { get; init; }

    /// <summary>Bytes cost the client money or battery.</summary>
    public bool Sparing { get; init; }

    /// <summary>The service is overloaded: advise fewer streams and later retries.</summary>
    public bool Shedding { get; init; }
}
