using System.Buffers;
using ChunkUpload.Client.Uploads;

namespace ChunkUpload.Client.Encryption;

/// <summary>
/// A file as it is sent: encrypted, at any offset, and the same bytes each time. The text passes the witness before it is encrypted.
/// </summary>
internal sealed class EncryptedSource(FileSource text, EncryptedFile file, TextWitness witness) : IUploadSource
{
    private const int ChunksPerBlock = TextWitness.BlockSize / ChunkedCipher.ChunkSize;

    private readonly long _text = text.Size!.Value;

    public long? Size { get; } = file.LengthOf(text.Size!.Value);

    public bool IsRepeatable => true;

    public bool HasChanged => text.HasChanged;

    public bool MayShrink => false;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var length = (int)Math.Max(0, Math.Min(buffer.Length, Size!.Value - offset));
        var filled = 0;
        if (offset < file.Prefix.Length)
        {
            filled = (int)Math.Min(length, file.Prefix.Length - offset);
            file.Prefix.AsSpan((int)offset, filled).CopyTo(buffer.Span);
        }

        if (filled < length)
        {
            var block = ArrayPool<byte>.Shared.Rent(TextWitness.BlockSize);
            try
            {
                await EncryptAsync(offset + filled - file.Prefix.Length, buffer[filled..length], block, stop);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(block);
            }
        }

        witness.Flush();
        return length;
    }

    public void Dispose() => witness.Dispose();

    /// <param name="offset">Counts from the first chunk on.</param>
    private async Task EncryptAsync(long offset, Memory<byte> buffer, byte[] block, CancellationToken stop)
    {
        using var cipher = file.Open();
        var partial = new byte[ChunkedCipher.SealedSize];
        for (long read = -1; buffer.Length > 0;)
        {
            var index = offset / ChunkedCipher.SealedSize;
            var number = index / ChunksPerBlock;
            if (number != read)
                await ReadBlockAsync(read = number, block, stop);
            var start = index * ChunkedCipher.ChunkSize;
            var chunk = block.AsMemory(
                (int)(index % ChunksPerBlock) * ChunkedCipher.ChunkSize, (int)Math.Min(ChunkedCipher.ChunkSize, _text - start));
            var skip = (int)(offset % ChunkedCipher.SealedSize);
            var all = chunk.Length + ChunkedCipher.TagSize;
            var count = Math.Min(all - skip, buffer.Length);
            if (count == all)
            {
                cipher.Encrypt(index, chunk.Span, buffer.Span);
            }
            else
            {
                cipher.Encrypt(index, chunk.Span, partial);
                partial.AsSpan(skip, count).CopyTo(buffer.Span);
            }

            (offset, buffer) = (offset + count, buffer[count..]);
        }
    }

    private async Task ReadBlockAsync(long number, byte[] block, CancellationToken stop)
    {
        var start = number * TextWitness.BlockSize;
        var length = (int)Math.Min(TextWitness.BlockSize, _text - start);
        if (length == 0)
            return;
        if (await text.ReadAsync(start, block.AsMemory(0, length), stop) < length)
            throw new TransferException(TransferFailure.SourceChanged, "The source became shorter while it was sent.");
        witness.See(number, block.AsSpan(0, length));
    }
}

/// <summary>A stream as it is sent: each byte of it is read and encrypted once, so that no nonce can meet two texts.</summary>
internal sealed class EncryptedStream : IUploadSource
{
    private readonly StreamSource _text;
    private readonly ChunkedCipher _cipher;
    private readonly byte[] _chunk = new byte[ChunkedCipher.ChunkSize];
    private readonly byte[] _sealed = new byte[ChunkedCipher.SealedSize];
    private Memory<byte> _rest;
    private long _index;
    private bool _ended;

    public EncryptedStream(StreamSource text, EncryptedFile file)
    {
        (_text, _cipher, _rest) = (text, file.Open(), file.Prefix);
        Size = text.Size is { } size ? file.LengthOf(size) : null;
    }

    public long? Size { get; }

    public bool IsRepeatable => false;

    public bool MayShrink => false;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            if (_rest.IsEmpty && !await EncryptAsync(stop))
                break;
            var count = Math.Min(_rest.Length, buffer.Length - filled);
            _rest[..count].CopyTo(buffer[filled..]);
            _rest = _rest[count..];
            filled += count;
        }

        return filled;
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _text.Dispose();
    }

    private async ValueTask<bool> EncryptAsync(CancellationToken stop)
    {
        if (_ended)
            return false;
        var read = await _text.ReadAsync(_index * ChunkedCipher.ChunkSize, _chunk, stop);
        _ended = read < ChunkedCipher.ChunkSize;
        _cipher.Encrypt(_index++, _chunk.AsSpan(0, read), _sealed);
        _rest = _sealed.AsMemory(0, read + ChunkedCipher.TagSize);
        return true;
    }
}
