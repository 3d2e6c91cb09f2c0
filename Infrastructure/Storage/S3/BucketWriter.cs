using System.Buffers;
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

        var upload = (await client.SendAsync(
            (s3, stop) => s3.InitiateMultipartUploadAsync(
                new InitiateMultipartUploadRequest { BucketName = client.Bucket, Key = key, ContentType = BucketStore.MediaType }, stop),
            cancellationToken)).UploadId;
        if (string.IsNullOrEmpty(upload))
            throw Odd("The storage began an upload without an id.");
        try
        {
            var tags = await PutPartsAsync(upload, cancellationToken);
            await CompleteAsync(upload, tags, cancellationToken);
        }
        catch
        {
            await AbortAsync(client, key, upload, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Gives up an upload in parts. One that cannot be given up now is found by the sweep.</summary>
    public static async Task AbortAsync(BucketClient client, string key, string upload, CancellationToken cancellationToken)
    {
        try
        {
            _ = await client.SendAsync(
                (s3, stop) => s3.AbortMultipartUploadAsync(
                    new AbortMultipartUploadRequest { BucketName = client.Bucket, Key = key, UploadId = upload }, stop),
                cancellationToken);
        }
        catch (BucketException)
        {
        }
    }

    public ValueTask DisposeAsync() => content.DisposeAsync();

    private static BucketException Odd(string sentence) => new(new StorageFault(FaultKind.Transient, sentence), "");

    private static TimeSpan PatienceFor(int bytes) => Patience + TimeSpan.FromSeconds(bytes / LeastBytesPerSecond);

    private static string Md5Of(byte[] buffer, int count)
    {
#pragma warning disable CA5351 // Content-MD5 is MD5 by the protocol; it protects from accidents, not from people.
        return Convert.ToBase64String(MD5.HashData(buffer.AsSpan(0, count)));
#pragma warning restore CA5351
    }

    private async Task PutAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(_partSize);
        try
        {
            var count = await ReadAsync(buffer, 0);
            var md5 = Md5Of(buffer, count);
            var answer = await client.SendAsync(
                (s3, stop) => s3.PutObjectAsync(
                    new PutObjectRequest
                    {
                        BucketName = client.Bucket,
                        Key = key,
                        ContentType = BucketStore.MediaType,
                        InputStream = new MemoryStream(buffer, 0, count, writable: false),
                        UseChunkEncoding = false,
                        DisableDefaultChecksumValidation = true,
                        MD5Digest = md5,
                    },
                    stop),
                cancellationToken, PatienceFor(count));
            if (string.IsNullOrEmpty(answer.ETag))
                throw Odd("The storage took an object, and named no tag for it.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<List<PartETag>> PutPartsAsync(string upload, CancellationToken cancellationToken)
    {
        var tags = new List<PartETag>();
        byte[][] buffers = [ArrayPool<byte>.Shared.Rent(_partSize), ArrayPool<byte>.Shared.Rent(_partSize)];
        var sending = Task.FromResult<PartETag?>(null);
        try
        {
            for (long offset = 0; offset < length; offset += _partSize)
            {
                var number = tags.Count + (offset > 0 ? 2 : 1);
                var buffer = buffers[number % 2];
                var count = await ReadAsync(buffer, offset);
                if (await sending is { } tag)
                    tags.Add(tag);
                sending = PutPartAsync(upload, number, buffer, count, cancellationToken);
            }

            tags.Add((await sending)!);
            return tags;
        }
        finally
        {
            // A buffer is not reused while its part is sent.
            await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var buffer in buffers)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<PartETag?> PutPartAsync(string upload, int number, byte[] buffer, int count, CancellationToken cancellationToken)
    {
        var md5 = Md5Of(buffer, count);
        var answer = await client.SendAsync(
            (s3, stop) => s3.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = client.Bucket,
                    Key = key,
                    UploadId = upload,
                    PartNumber = number,
                    PartSize = count,
                    InputStream = new MemoryStream(buffer, 0, count, writable: false),
                    UseChunkEncoding = false,
                    DisableDefaultChecksumValidation = true,
                    MD5Digest = md5,
                },
                stop),
            cancellationToken, PatienceFor(count));
        return string.IsNullOrEmpty(answer.ETag)
            ? throw Odd("The storage took a part, and named no tag for it.")
            : new PartETag(number, answer.ETag);
    }

    /// <summary>Makes the object of its parts. What an answer leaves open, the object tells: only this upload has its name.</summary>
    private async Task CompleteAsync(string upload, List<PartETag> tags, CancellationToken cancellationToken)
    {
        BucketException? doubt = null;
        try
        {
            _ = await client.SendAsync(
                (s3, stop) => s3.CompleteMultipartUploadAsync(
                    new CompleteMultipartUploadRequest { BucketName = client.Bucket, Key = key, UploadId = upload, PartETags = tags },
                    stop),
                cancellationToken, PatienceFor(_partSize));
        }
        catch (BucketException reason) when (reason.MayPass || reason.IsNoSuchUpload)
        {
            doubt = reason;
        }

        var made = await client.FindAsync(key, cancellationToken);
        if (made?.Length != length)
            throw doubt ?? Odd("The storage did not make the object of the parts that it had taken.");
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
