using System.Buffers;

namespace ChunkUpload.Client.Uploads;

/// <summary>Bytes of the source in memory, from which they are hashed and sent as often as needed.</summary>
internal sealed class Chunk(long offset, byte[] buffer, int length, bool again) : IDisposable
{
    public long Offset => offset;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>An earlier run has begun it, so the service may have kept a part.</summary>
    public bool Again => again;

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
