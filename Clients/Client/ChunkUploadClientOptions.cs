namespace ChunkUpload.Client;

/// <summary>What a <see cref="ChunkUploadClient"/> talks to, and how.</summary>
/// <example><code>new ChunkUploadClientOptions { Service = new Uri("https://files.example"), Key = key }</code></example>
public sealed record ChunkUploadClientOptions
{
    /// <summary>
    /// The service's address, or that of a link (<c>https://files.example/l/TOKEN</c>), which needs no key. A fragment
    /// (<c>#key=…</c>) opens the encrypted file that the link leads to, and is not sent.
    /// </summary>
    public required Uri Service { get; init; }

    /// <summary>An API key or a token; it goes into the Authorization header. Not needed for links.</summary>
    public string? Key { get; init; }

    /// <summary>The program's name and version, such as <c>my-app/1.4</c>; it precedes the client's own name in User-Agent.</summary>
    public string? Product { get; init; }

    /// <summary>The folder of the state of unfinished transfers; null means the user's folder for state (XDG_STATE_HOME).</summary>
    public string? StateDirectory { get; init; }

    /// <summary>The most requests at a time of one transfer; the service's advice may be lower.</summary>
    public int MaxConnections { get; init; } = 8;

    /// <summary>The size up to which a file is sent in one request if the network is known to be fast; at least 256 KiB.</summary>
    public long SmallFile { get; init; } = 8 << 20;

    /// <summary>The time without a byte after which a request is aborted and resumed on another connection.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often, and after which pauses, a request is retried after a failure of each class.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>The bandwidth limits that all apply to the transfers of this client; they may be shared with other clients.</summary>
    public IReadOnlyList<BandwidthLimit> Bandwidth { get; init; } = [];

    /// <summary>
    /// Gets a value that indicates whether ended transfers are remembered in the state directory: see
    /// <see cref="ChunkUploadClient.History"/>.
    /// </summary>
    public bool KeepHistory { get; init; }

    /// <summary>Receives the entries of the history.</summary>
    internal Action<PastTransfer>? Ended { get; init; }

    /// <summary>The size from which a file is sent to a nearby service as one stream.</summary>
    internal long NearFile { get; init; } = 64 << 20;

    /// <summary>The response time up to which the service counts as near: a single stream uses the full bandwidth.</summary>
    internal TimeSpan NearTime { get; init; } = TimeSpan.FromMilliseconds(3);
}
