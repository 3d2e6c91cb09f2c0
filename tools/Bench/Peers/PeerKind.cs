namespace ChunkUpload.Bench.Peers;

/// <summary>The protocol by which a server receives bytes.</summary>
internal enum Style
{
    /// <summary>tus: POST, then PATCH at an offset.</summary>
    Tus = 1,

    /// <summary>A file for each request, by PUT.</summary>
    Put,
}

/// <summary>One of the compared servers.</summary>
/// <param name="Name">Also its name on the command line.</param>
/// <param name="Start">Starts the server with its data in a new folder.</param>
internal sealed record PeerKind(string Name, Style Style, Func<PeerKind, BenchOptions, string, CancellationToken, Task<Peer>> Start)
{
    public const string Floor = "floor";
    public const string HashingFloor = "floor+sha";
    public const string FlushingFloor = "floor+sha+fsync";
    public const string Nginx = "nginx";
    public const string NginxTuned = "nginx-256k";
    public const string TusServer = "@tus/server";
    public const string Ours = "ours";
    public const string Relaxed = "ours-relaxed";
    public const string Asked = "ours-asked";

    /// <summary>With an API key instead of the operator's, and with limits that are never reached.</summary>
    public const string Limited = "ours-limited";

    /// <summary>With a listener of all events and of the progress of all uploads.</summary>
    public const string Watched = "ours-watched";

    /// <summary>The service of an earlier version (<c>--before</c>).</summary>
    public const string Before = "ours-before";

    public static readonly IReadOnlyList<PeerKind> All =
    [
        new(Floor, Style.Tus, FloorPeer.StartAsync),
        new(HashingFloor, Style.Tus, FloorPeer.StartAsync),
        new(FlushingFloor, Style.Tus, FloorPeer.StartAsync),
        new(Nginx, Style.Put, NginxPeer.StartAsync),
        new(NginxTuned, Style.Put, NginxPeer.StartAsync),
        new(TusServer, Style.Tus, NodePeer.StartAsync),
        new(Ours, Style.Tus, OwnPeer.StartAsync),
        new(Relaxed, Style.Tus, OwnPeer.StartAsync) { Settings = ["--Storage:Durability=Relaxed"] },
        new(Asked, Style.Tus, OwnPeer.StartAsync) { Settings = ["--Uploads:FileDigest=Asked"] },
        new(Limited, Style.Tus, OwnPeer.StartAsync),
        new(Watched, Style.Tus, OwnPeer.StartAsync),
        new(Before, Style.Tus, OwnPeer.StartAsync),
    ];

    /// <summary>Settings of this variant of the service besides the defaults.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public bool IsOurs => Name is Ours or Relaxed or Asked or Limited or Watched or Before;

    /// <summary>Gets a value that indicates whether this is the service with its defaults, of this version or an earlier one.</summary>
    public bool IsDefault => Name is Ours or Before;

    public bool IsFloor => Name is Floor or HashingFloor or FlushingFloor;
}
