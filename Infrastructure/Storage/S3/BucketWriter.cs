using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Amazon.S3.Model;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Infrastructure.Storage.S3;

/// <summary>
/// Writes one object: by one request, or in parts of equal size. Each body is in memory before it is sent, so that its MD5, which the
/// storage compares, goes before it, and so that it can be sent again. One part is read while another one is sent.
/// </summary>
internal sealed class BucketWriter(BucketClient client, string key, long length, IAsyncEnumerator<ReadOnlyMemory<byte>> content)
    : IAsyncDisposable
{
    /// <summary>A file of up to this length is written by one request.</summary>
    public const long UsualPart = 32 << 20;

    // A connection that is slower than 64 KiB/s is taken for silent.
    private const long LeastBytesPerSecond = 64 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly int _partSize = checked((int)Math.Min(Math.Max(length, 1), S3PartSize.For(length, UsualPart)));

    // What is left of the current block.
    private ReadOnlyMemory<byte> _block;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (length <= _partSize)
        {
            await PutAsync(cancellationToken);
            return;
        }

        await using var parts = await BucketParts.BeginAsync(client, key, cancellationToken);
        await PutPartsAsync(parts, cancellationToken);
        await parts.CompleteAsync(length, cancellationToken);
    }

    /// <summary>Writes an object by one request.</summary>
    /// <param name="bytes">A part of an array.</param>
    public static async Task PutAsync(BucketClient client, string key, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var md5 = Md5Of(bytes.Span);
        var answer = await client.SendAsync(
            (s3, stop) => s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = client.Bucket,
                    Key = key,
                    ContentType = BucketStore.MediaType,
                    InputStream = StreamOf(bytes),
                    UseChunkEncoding = false,
                    DisableDefaultChecksumValidation = true,
                    MD5Digest = md5,
                },
                stop),
            cancellationToken, PatienceFor(bytes.Length));
        if (string.IsNullOrEmpty(answer.ETag))
            throw Odd("The storage took an object, and named no tag for it.");
    }

    public ValueTask DisposeAsync() => content.DisposeAsync();

    internal static BucketException Odd(string sentence) => new(new StorageFault(FaultKind.Transient, sentence), "");

    internal static TimeSpan PatienceFor(int bytes) => Patience + TimeSpan.FromSeconds(bytes / LeastBytesPerSecond);

    internal static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : throw new ArgumentException("The bytes are not in an array.", nameof(bytes));

    internal static string Md5Of(ReadOnlySpan<byte> bytes)
    {
#pragma warning disable CA5351 // Content-MD5 is MD5 by the protocol; it protects from accidents, not from people.
        return Convert.ToBase64String(MD5.HashData(bytes));
#pragma warning restore CA5351
    }

    private async Task PutAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(_partSize);
        try
        {
            var count = await ReadAsync(buffer, 0);
            await PutAsync(client, key, buffer.AsMemory(0, count), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task PutPartsAsync(BucketParts parts, CancellationToken cancellationToken)
    {
        byte[][] buffers = [ArrayPool<byte>.Shared.Rent(_partSize), ArrayPool<byte>.Shared.Rent(_partSize)];
        var sending = Task.CompletedTask;
        try
        {
            for (var (offset, number) = (0L, 0); offset < length; (offset, number) = (offset + _partSize, number + 1))
            {
                var buffer = buffers[number % 2];
                var count = await ReadAsync(buffer, offset);
                await sending;
                sending = parts.PutAsync(buffer.AsMemory(0, count), cancellationToken);
            }

            await sending;
        }
        finally
        {
            // A buffer is not reused while its part is sent.
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var buffer in buffers)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads the next part. The last one is returned only after the content has ended without a failure.</summary>
    private async Task<int> ReadAsync(byte[] buffer, long offset)
    {
        var want = (int)Math.Min(_partSize, length - offset);
        for (var done = 0; done < want;)
        {
            if (_block.IsEmpty && !await NextAsync())
                throw new StoreException(StoreError.Damaged, $"The content ends after {offset + done} of {length} bytes.");
            var count = Math.Min(_block.Length, want - done);
            _block[..count].CopyTo(buffer.AsMemory(done));
            _block = _block[count..];
            done += count;
        }

        while (offset + want == length)
        {
            if (!_block.IsEmpty)
                throw new StoreException(StoreError.Damaged, $"The content has more than {length} bytes.");
            if (!await NextAsync())
                break;
        }

        return want;
    }

    private async Task<bool> NextAsync()
    {
        if (!await content.MoveNextAsync())
            return false;
        _block = content.Current;
        return true;
    }
}
