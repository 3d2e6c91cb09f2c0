namespace ChunkUpload.Core.Transfers;

/// <summary>The digests of whole files that storages know.</summary>
public enum DigestKind
{
    Sha256 = 1,
    QuickXor,
    Md5,
}
