using Amazon.S3.Model;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.S3;

/// <summary>An object that is written in parts.</summary>
internal sealed class BucketParts : IObjectParts
{
    private readonly BucketClient _client;
    private readonly string _key, _upload;
    private readonly List<PartETag> _tags = [];
    private int _largest;
    private long _length;
    private bool _isOver;

    private BucketParts(BucketClient client, string key, string upload) => (_client, _key, _upload) = (client, key, upload);

    public static async Task<BucketParts> BeginAsync(BucketClient client, string key, CancellationToken cancellationToken)
    {
        var upload = (await client.SendAsync(
            (s3, stop) => s3.InitiateMultipartUploadAsync(
                new InitiateMultipartUploadRequest { BucketName = client.Bucket, Key = key, ContentType = BucketStore.MediaType }, stop),
            cancellationToken)).UploadId;
        return string.IsNullOrEmpty(upload)
            ? throw BucketWriter.Odd("The storage began an upload without an id.")
            : new BucketParts(client, key, upload);
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

    public Task AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        BucketStore.TryAsync(() => PutAsync(bytes, cancellationToken));

    public Task CompleteAsync(CancellationToken cancellationToken) =>
        BucketStore.TryAsync(() => CompleteAsync(_length, cancellationToken));

    /// <summary>Writes the next part.</summary>
    public async Task PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var (number, md5) = (_tags.Count + 1, BucketWriter.Md5Of(bytes.Span));
        var answer = await _client.SendAsync(
            (s3, stop) => s3.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = _client.Bucket,
                    Key = _key,
                    UploadId = _upload,
                    PartNumber = number,
                    PartSize = bytes.Length,
                    InputStream = BucketWriter.StreamOf(bytes),
                    UseChunkEncoding = false,
                    DisableDefaultChecksumValidation = true,
                    MD5Digest = md5,
                },
                stop),
            cancellationToken, BucketWriter.PatienceFor(bytes.Length));
        if (string.IsNullOrEmpty(answer.ETag))
            throw BucketWriter.Odd("The storage took a part, and named no tag for it.");
        _tags.Add(new PartETag(number, answer.ETag));
        (_largest, _length) = (Math.Max(_largest, bytes.Length), _length + bytes.Length);
    }

    /// <summary>Makes the object of its parts. What an answer leaves open, the object tells: only this upload has its name.</summary>
    public async Task CompleteAsync(long length, CancellationToken cancellationToken)
    {
        BucketException? doubt = null;
        try
        {
            _ = await _client.SendAsync(
                (s3, stop) => s3.CompleteMultipartUploadAsync(
                    new CompleteMultipartUploadRequest { BucketName = _client.Bucket, Key = _key, UploadId = _upload, PartETags = _tags },
                    stop),
                cancellationToken, BucketWriter.PatienceFor(_largest));
        }
        catch (BucketException reason) when (reason.MayPass || reason.IsNoSuchUpload)
        {
            doubt = reason;
        }

        var made = await _client.FindAsync(_key, cancellationToken);
        if (made?.Length != length)
            throw doubt ?? BucketWriter.Odd("The storage did not make the object of the parts that it had taken.");
        _isOver = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isOver)
            await AbortAsync(_client, _key, _upload, CancellationToken.None);
    }
}
