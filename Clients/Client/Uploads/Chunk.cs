using System.Buffers;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// Bytes of the source in memory, from which they are hashed and sent as often as needed. Its last holder returns the buffer.
/// </summary>
internal sealed class Chunk(long offset, byte[] buffer, int length, bool again) : IDisposable
{
    private int _holders = 1;

    public long Offset => offset;

    public ReadOnlyMemory<byte> Bytes => Buffer;

    /// <summary>The buffer into which the bytes are read.</summary>
    public Memory<byte> Buffer => buffer.AsMemory(0, length);

    /// <summary>An earlier run has begun it, so the service may have kept a part.</summary>
    public bool Again => again;

    /// <summary>Adds a holder, which must dispose it, too.</summary>
    public void Share() => Interlocked.Increment(ref _holders);

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
