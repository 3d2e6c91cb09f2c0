namespace ChunkUpload.Client;

/// <summary>What happens when the name at the target is taken.</summary>
public enum NameConflict
{
    /// <summary>The new content replaces the old one, which the service's trash keeps for a while.</summary>
    Replace,

    /// <summary>The new file gets a number.</summary>
    Rename,

    /// <summary>The upload fails.</summary>
    Fail,
}

/// <summary>The protocol by which an upload is sent.</summary>
public enum UploadProtocol
{
    /// <summary>The session API: parallel chunks, which resume inside an interrupted chunk.</summary>
    Session,

    /// <summary>tus 1.0, for services that have nothing else: in order, from the offset that the service names.</summary>
    Tus,
}

/// <summary>The target and the options of an upload.</summary>
public sealed record UploadOptions
{
    /// <summary>The path in the service's tree; null if the file stays unfiled, with an id and a name. Missing folders are made.</summary>
    public string? Path { get; init; }

    /// <summary>The id of the space that the path is in; null means the default one.</summary>
    public string? Space { get; init; }

    /// <summary>The file's name where there is no path; null means that of the local file.</summary>
    public string? Name { get; init; }

    /// <summary>What happens when the name is taken. A link never replaces: there a name that is taken gets a number.</summary>
    public NameConflict Conflict { get; init; } = NameConflict.Replace;

    /// <summary>The media type.</summary>
    public string ContentType { get; init; } = "application/octet-stream";

    /// <summary>Gets a value that indicates whether the file's time and, where the system has one, its mode go along.</summary>
    public bool KeepAttributes { get; init; } = true;

    /// <summary>The protocol.</summary>
    public UploadProtocol Protocol { get; init; } = UploadProtocol.Session;

    /// <summary>The most requests at a time of this transfer; null means as the client has it. The service's advice may be lower.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The most bytes of one chunk; null means as the service advises.</summary>
    public int? MaxPiece { get; init; }

    /// <summary>Pauses and resumes the transfer. Not for streams, which are read once.</summary>
    public TransferControl? Control { get; init; }

    /// <summary>Null means the service gets the content as it is.</summary>
    public EncryptionOptions? Encryption { get; init; }

    /// <summary>The path below the encrypted folder that the file belongs to; null: it is sent by itself.</summary>
    internal string? BoundPath { get; init; }

    /// <summary>Replace only this revision of what is at the path; null: whatever is there.</summary>
    internal long? Revision { get; init; }

    /// <summary>Gets a value that indicates whether an upload that gets no place is given up, because its source stays.</summary>
    internal bool IsOfPair { get; init; }
}

/// <summary>A finished upload.</summary>
/// <param name="Id">The file's id; null where a link does not tell it.</param>
/// <param name="Path">Where it lies in the tree; null means nowhere, or the caller may not know.</param>
/// <param name="Size">Bytes that the service has; what is encrypted is a little longer than its source.</param>
/// <param name="Sha256">The digest of these bytes, with which the service's was compared; null where tus cannot tell it.</param>
/// <param name="WasThere">The same content was at the target already, so nothing was sent.</param>
/// <param name="SavedByResuming">Bytes that an earlier run or the kept part of broken chunks saved.</param>
/// <param name="Retries">The number of repeated requests.</param>
/// <param name="Elapsed">The duration.</param>
public sealed record UploadResult(
    string? Id, string? Path, long Size, string? Sha256, bool WasThere, long SavedByResuming, int Retries, TimeSpan Elapsed)
{
    /// <summary>Bytes that compressing chunks on their way has saved. The service has the whole content, as it is.</summary>
    public long SavedByCompressing { get; init; }

    /// <summary>The key of an encrypted file, for the fragment of a link to it.</summary>
    public ContentKey? ContentKey { get; init; }
}
