using System.Security.Cryptography;

namespace ChunkUpload.Api.Tus.Checksums;

/// <summary>An incremental checksum: no body is buffered for it (T117).</summary>
internal abstract class RunningChecksum : IDisposable
{
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Returns whether the received bytes have this digest. Call it once.</summary>
    public bool Is(ReadOnlySpan<byte> digest)
    {
        Span<byte> own = stackalloc byte[64];
        return own[..Finish(own)].SequenceEqual(digest);
    }

    protected abstract int Finish(Span<byte> destination);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

internal sealed class HashChecksum(HashAlgorithmName name) : RunningChecksum
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(name);

    public override void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    protected override int Finish(Span<byte> destination) => _hash.GetHashAndReset(destination);

    public override void Dispose()
    {
        _hash.Dispose();
        base.Dispose();
    }
}
