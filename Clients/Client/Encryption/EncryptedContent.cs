using System.Buffers;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.Uploads;

namespace ChunkUpload.Client.Encryption;

/// <summary>An encrypted file, of which each chunk is verified and decrypted as it comes.</summary>
internal sealed class EncryptedContent : RemoteContent
{
    // Nearly every header fits into one request.
    private const int FirstBytes = 4 << 10;
    private const int Block = 16 * ChunkedCipher.ChunkSize;

    private EncryptedFile? _file;
    private long _size;

    private EncryptedContent(ServiceCalls calls, Attempts attempts, ProgressBoard board, RemoteFile file, TimeProvider time)
        : base(calls, attempts, board, file, time)
    {
    }

    public override string Name => EncryptedName.Decrypt(Opened.Key, File.Name) ?? File.Name;

    public override long Size => _size;

    public override bool IsAuthentic => true;

    public ContentKey Key => Opened.Key;

    private EncryptedFile Opened => _file!;

    private long Chunks => ChunkedCipher.ChunksOf(_size);

    /// <summary>Reads the header and opens it; then the last chunk, which proves that nothing was cut off.</summary>
    /// <param name="place">The path at the service with readable names; <c>null</c> if it is not known.</param>
    /// <exception cref="TransferException">The file is damaged, not encrypted, or another one, or no identity opens it.</exception>
    public static async Task<EncryptedContent> OpenAsync(
        ServiceCalls calls, Attempts attempts, ProgressBoard board, RemoteFile file, TimeProvider time,
        IReadOnlyList<IContentIdentity> identities, string? place, CancellationToken stop)
    {
        var content = new EncryptedContent(calls, attempts, board, file, time);
        await content.OpenAsync(identities, place, stop);
        return content;
    }

    public override RangeSet AtService(RangeSet ranges)
    {
        var all = new RangeSet();
        foreach (var range in ranges.Items)
        {
            var start = At(range.Offset / ChunkedCipher.ChunkSize);
            var end = range.Offset + range.Length;
            all.Add(start, (end == _size ? File.Size : At(end / ChunkedCipher.ChunkSize)) - start);
        }

        return all;
    }

    // Only the digest is compared and nothing is sent, so the nonces may be used with any text.
    public override IUploadSource AsSource(FileSource source) =>
        new EncryptedSource(source, Opened, TextWitness.Create(null, Opened.Prefix));

    public override async Task ReadAsync(
        long from, long length, Func<long, ReadOnlyMemory<byte>, ValueTask> write, CancellationToken stop)
    {
        var index = from / ChunkedCipher.ChunkSize;
        var last = from + length == _size ? Chunks : (from + length + ChunkedCipher.ChunkSize - 1) / ChunkedCipher.ChunkSize;
        var start = At(index);
        var chunk = new byte[ChunkedCipher.SealedSize];
        var (filled, ready) = (0, 0);
        var first = index * ChunkedCipher.ChunkSize;
        var text = ArrayPool<byte>.Shared.Rent(Block);
        using var cipher = Opened.Open();
        try
        {
            await FetchAsync(start, (last == Chunks ? File.Size : At(last)) - start, TakeAsync, stop);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }

        async ValueTask TakeAsync(long offset, ReadOnlyMemory<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                var size = SealedLength(index);
                var count = Math.Min(size - filled, bytes.Length);
                bytes[..count].CopyTo(chunk.AsMemory(filled));
                bytes = bytes[count..];
                filled += count;
                if (filled < size)
                    break;
                if (!cipher.TryDecrypt(index, chunk.AsSpan(0, size), text.AsSpan(ready)))
                    throw Damaged(index);
                (filled, ready) = (0, ready + size - ChunkedCipher.TagSize);
                index++;
                if (ready > Block - ChunkedCipher.ChunkSize)
                    await PassOnAsync();
            }

            // Verified bytes count even if the connection breaks now.
            await PassOnAsync();
        }

        async ValueTask PassOnAsync()
        {
            if (ready == 0)
                return;
            await write(first, text.AsMemory(0, ready));
            (first, ready) = (first + ready, 0);
        }
    }

    private async Task OpenAsync(IReadOnlyList<IContentIdentity> identities, string? place, CancellationToken stop)
    {
        var bytes = await BytesAsync(0, FirstBytes, stop);
        var header = EncryptedFile.ReadHeader(bytes, File.Name);
        if (header is null && File.Size > FirstBytes)
            header = EncryptedFile.ReadHeader(bytes = await BytesAsync(0, AgeHeader.MostBytes, stop), File.Name);
        if (header is null)
            throw new TransferException(TransferFailure.Checksum, $"The header of {File.Name} is damaged: it does not end.");
        var key = EncryptedFile.Unwrap(header, File.Name, identities);
        BoundPath.Verify(header, key, place);
        var prefix = bytes.Length >= header.Length + ChunkedCipher.PrefixSize
            ? bytes.AsMemory(header.Length, ChunkedCipher.PrefixSize)
            : await BytesAsync(header.Length, ChunkedCipher.PrefixSize, stop);
        if (prefix.Length < ChunkedCipher.PrefixSize || ChunkedCipher.TextLength(File.Size - header.Length) is not { } size)
            throw new TransferException(TransferFailure.Checksum, $"{File.Name} is cut off.");
        (_file, _size) = (new EncryptedFile(key, bytes.AsSpan(0, header.Length), prefix.Span[..ChunkedCipher.SaltSize]), size);
        if (!prefix.Span.SequenceEqual(Opened.Prefix.AsSpan(header.Length)))
            throw new TransferException(TransferFailure.Checksum, $"{File.Name} is encrypted under another key than its header has.");
        var end = (Chunks - 1) * ChunkedCipher.ChunkSize;
        await ReadAsync(end, _size - end, (_, _) => ValueTask.CompletedTask, stop);
    }

    private async Task<byte[]> BytesAsync(long from, int most, CancellationToken stop)
    {
        var bytes = new byte[Math.Min(most, Math.Max(0, File.Size - from))];
        await FetchAsync(from, bytes.Length, WriteAsync, stop);
        return bytes;

        ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> read)
        {
            read.CopyTo(bytes.AsMemory((int)(offset - from)));
            return ValueTask.CompletedTask;
        }
    }

    private long At(long index) => Opened.Prefix.Length + (index * ChunkedCipher.SealedSize);

    private int SealedLength(long index) =>
        (int)Math.Min(ChunkedCipher.ChunkSize, _size - (index * ChunkedCipher.ChunkSize)) + ChunkedCipher.TagSize;

    private TransferException Damaged(long index) => new(
        TransferFailure.Checksum, $"{File.Name} is damaged, or was changed by somebody, at byte {index * ChunkedCipher.ChunkSize}.");
}
