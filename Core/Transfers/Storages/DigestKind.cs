namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>The kinds of digests of whole files that storages provide.</summary>
public enum DigestKind
{
    Sha256 = 1,
    QuickXor,
    Md5,

    /// <summary>The digests of each part of an upload, if a storage has none of the whole file.</summary>
    Parts,
    Sha1,
}
