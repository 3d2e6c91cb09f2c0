namespace ChunkUpload.Client;

/// <summary>How a download is written.</summary>
public sealed record DownloadOptions
{
    /// <summary>The id of the space that a path is in; null: the default one.</summary>
    public string? Space { get; init; }

    /// <summary>Whether another file at the target is replaced. One with the same content is left and counts as done.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether the file gets its time and, where the system has one, its mode.</summary>
    public bool KeepAttributes { get; init; } = true;

    /// <summary>The most requests at a time of this transfer; null: as the client has it. The service's advice may be lower.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The most bytes of one range; null: 16 MiB.</summary>
    public int? MaxPiece { get; init; }

    /// <summary>Pauses the transfer and lets it go on. Not for streams, which are written once.</summary>
    public TransferControl? Control { get; init; }

    /// <summary>
    /// What opens the file, which must be encrypted then: each byte is verified before it is written. Empty: the file as the service has
    /// it, unless the client's address is a link with a key.
    /// </summary>
    public IReadOnlyList<IContentIdentity> Identities { get; init; } = [];

    /// <summary>The path of the file with readable names, if the source is its id.</summary>
    internal string? Place { get; init; }
}

/// <summary>A finished download.</summary>
/// <param name="File">The local file; null for a stream.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">The digest of the written content.</param>
/// <param name="IsVerified">
/// The service knows the digest, and it is this one; it computes some digests late. What was encrypted is always verified.
/// </param>
/// <param name="WasThere">Whether the same content existed already.</param>
/// <param name="SavedByResuming">The bytes that an earlier run has fetched.</param>
/// <param name="Retries">The number of repeated requests.</param>
/// <param name="Elapsed">The duration.</param>
public sealed record DownloadResult(
    string? File, long Size, string Sha256, bool IsVerified, bool WasThere, long SavedByResuming, int Retries, TimeSpan Elapsed);
