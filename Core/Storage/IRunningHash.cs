namespace ChunkUpload.Core.Storage;

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

/// <summary>Creates running hashes.</summary>
public interface IRunningHashes
{
    IRunningHash Start();

    /// <summary>Null when the state is of another format or damaged: the bytes must be read again.</summary>
    IRunningHash? Restore(ReadOnlySpan<byte> state);
}
