namespace ChunkUpload.Bench.Peers;

/// <summary>The work of a scenario between the two calls of its meter.</summary>
internal sealed record Work(long Bytes, int Requests, int Uploads, IReadOnlyList<Stored> Stored)
{
    /// <summary>Figures that only this scenario has, by name and unit.</summary>
    public IReadOnlyDictionary<string, double> More { get; init; } = new Dictionary<string, double>();
}

/// <summary>Separates a scenario's measured part from its preparation.</summary>
internal interface IMeter
{
    void Begin();

    /// <summary>Flushes that have reached the disk so far.</summary>
    long Flushes { get; }

    /// <summary>Stops the wall clock. Without this call the clock runs until the end.</summary>
    void Stop();

    Task EndAsync();
}

/// <summary>A load for every suitable server.</summary>
internal abstract class Scenario
{
    /// <summary>A letter, or a letter with a digit for a variant.</summary>
    public abstract string Name { get; }

    public abstract string Title { get; }

    /// <summary>Bytes that a run leaves on the disk at scale 1.</summary>
    public abstract long Room { get; }

    /// <summary>Runs on a file system that shares blocks between files instead of ext4.</summary>
    public virtual bool OnXfs => false;

    public abstract bool Suits(PeerKind kind);

    /// <summary>For requests that the small uploads before each run do not cover, because JIT compilers count calls.</summary>
    public virtual Task WarmUpAsync(Peer peer, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The share of the load that warms a server up: 256 MiB, or an eighth.</summary>
    public virtual double WarmUpScale => Math.Clamp((256 << 20) / (double)Room, 1 / 8.0, 1);

    /// <param name="scale">1 is the whole load; a warm-up run has less.</param>
    public abstract Task<Work> RunAsync(Peer peer, double scale, IMeter meter, CancellationToken cancellationToken);
}
