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

/// <summary>Digests that are compared only where a storage has no other.</summary>
public enum OldDigest
{
    Md5 = 1,
    Sha1,
}

/// <summary>One of them in progress. Its state can be saved as that of an <see cref="IRunningHash"/>. Not thread-safe.</summary>
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

    /// <summary>Null when the state is of another format or damaged: the bytes must be read again.</summary>
    IRunningHash? Restore(ReadOnlySpan<byte> state);

    /// <summary>Null: the machine's library lacks it, as some policies demand.</summary>
    IRunningDigest? Start(OldDigest kind);

    /// <summary>Null as for the other states.</summary>
    IRunningDigest? RestoreOld(ReadOnlySpan<byte> state);
}
