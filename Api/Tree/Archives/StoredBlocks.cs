using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.IO.Pipelines;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>
/// Writes the bytes of a file as deflate data that is not compressed, and computes their CRC-32. A program that reads the archive as a
/// stream can find the end of such data. ZIP's "stored" method would require the size and the CRC before the data, but the CRC is only
/// known after it. A block of 64 KiB has 5 additional bytes.
/// </summary>
internal sealed class StoredBlocks(PipeWriter inner) : PipeWriter, IDisposable
{
    private const int BlockHeader = 5;

    // Small files share a flush.
    private const int BytesBeforeFlush = 64 << 10;

    private readonly Crc32 _crc = new();
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(256 << 10);
    private long _left;
    private long _unflushed;

    /// <summary>The number of bytes of this file in the archive so far.</summary>
    public long Written { get; private set; }

    public uint Crc => _crc.GetCurrentHashAsUInt32();

    /// <summary>Starts the next file.</summary>
    /// <param name="size">The size, at least one byte.</param>
    public void Begin(long size)
    {
        _left = size;
        Written = 0;
        _crc.Reset();
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (sizeHint > _buffer.Length)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(sizeHint);
        }

        return _buffer;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        var data = _buffer.AsSpan(0, bytes);
        _crc.Append(data);
        while (!data.IsEmpty)
        {
            var block = data[..Math.Min(data.Length, ushort.MaxValue)];
            data = data[block.Length..];
            _left -= block.Length;
            var target = inner.GetSpan(BlockHeader + block.Length);
            target[0] = (byte)(_left == 0 ? 1 : 0);
            BinaryPrimitives.WriteUInt16LittleEndian(target[1..], (ushort)block.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(target[3..], (ushort)~block.Length);
            block.CopyTo(target[BlockHeader..]);
            inner.Advance(BlockHeader + block.Length);
            Written += BlockHeader + block.Length;
            _unflushed += BlockHeader + block.Length;
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_unflushed < BytesBeforeFlush)
            return ValueTask.FromResult(new FlushResult(false, false));
        _unflushed = 0;
        return inner.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
