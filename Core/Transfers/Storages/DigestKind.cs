namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>The digests of whole files that storages know.</summary>
public enum DigestKind
{
    Sha256 = 1,
    QuickXor,
    Md5,

    /// <summary>Digests of each part of an upload, where a storage has none of the whole.</summary>
    Parts,
    Sha1,
}
