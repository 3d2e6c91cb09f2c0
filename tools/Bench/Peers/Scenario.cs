namespace ChunkUpload.Bench.Peers;

/// <summary>What a scenario has done between the two calls of its meter.</summary>
internal sealed record Work(long Bytes, int Requests, int Uploads, IReadOnlyList<Stored> Stored)
{
    /// <summary>What only this scenario measures, by name and unit.</summary>
    public IReadOnlyDictionary<string, double> More { get; init; } = new Dictionary<string, double>();
}

/// <summary>Tells a scenario's measured part from what it prepares.</summary>
internal interface IMeter
{
    void Begin();

    /// <summary>Flushes that have reached the disk so far.</summary>
    long Flushes { get; }

    /// <summary>The wall clock; without it the clock runs until the end.</summary>
    void Stop();

    Task EndAsync();
}

/// <summary>A load that every suitable server is put under.</summary>
internal abstract class Scenario
{
    /// <summary>A letter, or a letter with a digit for a variant.</summary>
    public abstract string Name { get; }

    public abstract string Title { get; }

    /// <summary>Bytes that a run leaves on the disk at scale 1.</summary>
    public abstract long Room { get; }

    /// <summary>On a file system that shares blocks between files, rather than on ext4.</summary>
    public virtual bool OnXfs => false;

    public abstract bool Suits(PeerKind kind);

    /// <summary>For requests that the small uploads before each run do not make: the compilers of a runtime count calls.</summary>
    public virtual Task WarmUpAsync(Peer peer, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>How much of the load each run is that warms a server up: 256 MiB, or an eighth.</summary>
    public virtual double WarmUpScale => Math.Clamp((256 << 20) / (double)Room, 1 / 8.0, 1);

    /// <param name="scale">1: the whole load; less for the run that warms a server up.</param>
    public abstract Task<Work> RunAsync(Peer peer, double scale, IMeter meter, CancellationToken cancellationToken);
}
