namespace ChunkUpload.Core.Hashing;

/// <summary>
/// A SHA-256 in progress whose state can be cloned and saved, so that nothing is hashed twice (E13, E19, E25). Not thread-safe.
/// </summary>
public interface IRunningHash : IDisposable
{
    /// <summary>The number of bytes hashed so far.</summary>
    long Length { get; }

    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>The digest of the bytes so far; the hash can continue.</summary>
    Sha256Digest Current();

    /// <summary>
    /// The state, which <see cref="IRunningHashes.Restore"/> accepts in this and any later incarnation on the same kind of machine.
    /// </summary>
    byte[] Save();
}

/// <summary>Older digests, which are used only if a storage has no other.</summary>
public enum OldDigest
{
    Md5 = 1,
    Sha1,
}

/// <summary>An older digest in progress. Its state can be saved as that of an <see cref="IRunningHash"/>. Not thread-safe.</summary>
public interface IRunningDigest
{
    OldDigest Kind { get; }

    long Length { get; }

    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>The digest of the bytes so far in lower-case hexadecimal; it can continue.</summary>
    string Current();

    byte[] Save();
}

/// <summary>Creates running hashes.</summary>
public interface IRunningHashes
{
    IRunningHash Start();

    /// <summary>Returns null if the state is of another format or damaged: the bytes must be read again.</summary>
    IRunningHash? Restore(ReadOnlySpan<byte> state);

    /// <summary>Returns null if the machine's crypto library does not provide it, as some policies demand.</summary>
    IRunningDigest? Start(OldDigest kind);

    /// <summary>Returns null if the state is of another format or damaged.</summary>
    IRunningDigest? RestoreOld(ReadOnlySpan<byte> state);
}
