using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Intake;

/// <summary>A file that a caller wants to upload, independent of the protocol.</summary>
/// <param name="FileName">For a part, which does not become a file itself, it is not checked.</param>
public sealed record WantedUpload(Caller Caller, UploadProtocol Protocol, string FileName, string ContentType)
{
    private static readonly IReadOnlyDictionary<string, string> Nothing = new Dictionary<string, string>();

    /// <summary>Null if the client has not declared it.</summary>
    public long? Size { get; init; }

    /// <summary>Declared by the client; compared before the file is published.</summary>
    public Sha256Digest? Sha256 { get; init; }

    /// <summary>The metadata as the client sent it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Nothing;

    /// <summary>The state that the protocol needs at the next request.</summary>
    public IReadOnlyDictionary<string, string> ProtocolState { get; init; } = Nothing;

    /// <summary>Gets a value that indicates whether it will be joined with others into one upload.</summary>
    public bool IsPart { get; init; }

    /// <summary>
    /// The file transfer of a project that the upload relays. Such an upload is named by the id of the transfer, does not become a file,
    /// and appears in no list, event or history. Only its sender can see it. It counts for the sender's quotas while it exists.
    /// </summary>
    public Guid? RelayOf { get; init; }

    /// <summary>The place at which the file is published (<see cref="UploadIntake.PlaceAsync"/>); null if it stays unfiled.</summary>
    public FileTarget? Target { get; init; }

    /// <summary>The priority that the client requests; null if it requests none.</summary>
    public BandwidthPriority? Priority { get; init; }

    /// <summary>The idle allowance; null for the configured one of its protocol.</summary>
    public TimeSpan? IdleAllowance { get; init; }

    /// <summary>
    /// Gets a value that indicates whether each byte restarts the idle allowance. Otherwise the allowance counts from the creation.
    /// </summary>
    public bool Slides { get; init; } = true;

    /// <summary>Two creations of a caller with the same key create one upload.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The digest of the request with the key, which detects a different request with the same key.</summary>
    public Sha256Digest? IdempotencyHash { get; init; }
}

/// <summary>The place at which a client wants its file to be published, before it is looked up.</summary>
/// <param name="Path">The names from the root of a space.</param>
public sealed record WantedPlace(IReadOnlyList<string> Path, NanoTime? Modified, int? Mode, NameConflict Conflict)
{
    public string Name => Path[^1];

    /// <summary>The tags of If-Match: the present file must have one of them. Null if any file may exist there.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Null for the caller's default space.</summary>
    public EntryId? Space { get; init; }
}
