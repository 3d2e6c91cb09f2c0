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

    /// <summary>Where the state of unfinished transfers lies; null: the user's folder for state (XDG_STATE_HOME).</summary>
    public string? StateDirectory { get; init; }

    /// <summary>The most requests at a time of one transfer; the service's advice may be lower.</summary>
    public int MaxConnections { get; init; } = 8;

    /// <summary>Up to this size a file is sent in one request, where the link is known to be fast; 256 KiB always are.</summary>
    public long SmallFile { get; init; } = 8 << 20;

    /// <summary>After this time in which no byte moves, a request is given up, and another connection goes on.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often, and after which pauses, a failure of each class is repeated.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>Bandwidths that hold for all transfers of this client, all at once; they may be shared with other clients.</summary>
    public IReadOnlyList<BandwidthLimit> Bandwidth { get; init; } = [];

    /// <summary>Whether ended transfers are remembered in the state directory: see <see cref="ChunkUploadClient.History"/>.</summary>
    public bool KeepHistory { get; init; }

    /// <summary>Gets what the history would remember.</summary>
    internal Action<PastTransfer>? Ended { get; init; }

    /// <summary>From this size on a file goes to a service that is near as one stream.</summary>
    internal long NearFile { get; init; } = 64 << 20;

    /// <summary>An answer within this time shows that the service is near: one stream fills such a line by itself.</summary>
    internal TimeSpan NearTime { get; init; } = TimeSpan.FromMilliseconds(3);
}
