using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Intake;

/// <summary>A file that a caller wants to bring, in the words that all protocols have in common.</summary>
/// <param name="FileName">Of a part, which becomes no file of its own, it is not compared with any rule.</param>
public sealed record WantedUpload(Caller Caller, UploadProtocol Protocol, string FileName, string ContentType)
{
    private static readonly IReadOnlyDictionary<string, string> Nothing = new Dictionary<string, string>();

    /// <summary>Null if the client has not declared it.</summary>
    public long? Size { get; init; }

    /// <summary>Declared by the client; compared before the file is published.</summary>
    public Sha256Digest? Sha256 { get; init; }

    /// <summary>As the client sent it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Nothing;

    /// <summary>The state that the protocol needs at the next request.</summary>
    public IReadOnlyDictionary<string, string> ProtocolState { get; init; } = Nothing;

    /// <summary>Gets a value that indicates whether it will be joined with others into one upload.</summary>
    public bool IsPart { get; init; }

    /// <summary>
    /// The file transfer of a project that it relays. Such an upload has the id of the transfer for a name, becomes no file, is in no list,
    /// event or history, and its sender alone sees it. It counts for the sender's quotas while it is there.
    /// </summary>
    public Guid? RelayOf { get; init; }

    /// <summary>The place at which the file is published (<see cref="UploadIntake.PlaceAsync"/>); null means it stays unfiled.</summary>
    public FileTarget? Target { get; init; }

    /// <summary>As the client wishes; null if it does not say.</summary>
    public BandwidthPriority? Priority { get; init; }

    /// <summary>Null means what the settings say for its protocol.</summary>
    public TimeSpan? IdleAllowance { get; init; }

    /// <summary>
    /// Gets a value that indicates whether each byte restarts the idle allowance. Otherwise the allowance counts from the creation.
    /// </summary>
    public bool Slides { get; init; } = true;

    /// <summary>Two creations of a caller with one key make one upload.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The digest of the request with the key, by which another request with the same key is told apart.</summary>
    public Sha256Digest? IdempotencyHash { get; init; }
}

/// <summary>Where a client wants its file to be published, before anything is known of that place.</summary>
/// <param name="Path">The names from the root of a space.</param>
public sealed record WantedPlace(IReadOnlyList<string> Path, NanoTime? Modified, int? Mode, NameConflict Conflict)
{
    public string Name => Path[^1];

    /// <summary>The tags of If-Match: the present file must have one of them. Null means any file may be there.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Null means the caller's default space.</summary>
    public EntryId? Space { get; init; }
}
