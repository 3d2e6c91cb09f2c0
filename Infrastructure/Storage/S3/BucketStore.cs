using System.Globalization;
using System.Runtime.CompilerServices;
using Amazon.S3.Model;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.S3;

/// <summary>
/// Whole files as objects of a bucket. A file is missing only where the bucket answers that it has no such object; whatever else fails is
/// <see cref="StoreError.Unreachable"/>.
/// </summary>
internal sealed class BucketStore(Guid id, BucketClient client) : IObjectStore
{
    public const string MediaType = "application/octet-stream";

    /// <summary>Below the bucket's folder. The marker lies beside it.</summary>
    private const string Files = "files/";

    private const int Page = 1000;

    private static readonly TimeSpan ListPatience = TimeSpan.FromSeconds(60);

    public Guid Id => id;

    public IStoredFileReader OpenRead(StoredFile file)
    {
        var key = KeyOf(file);
        return Find(key) is { } found
            ? new BucketReader(client, key, found)
            : throw new StoreException(StoreError.Missing, $"The object {key} is not in the bucket.");
    }

    public long? Length(StoredFile file) => Find(KeyOf(file))?.Length;

    public async Task<(Sha256Digest Digest, long Length)> HashFromDeviceAsync(
        StoredFile file, long offset, long length, CancellationToken cancellationToken)
    {
        using var hash = new OpenSslHashes().Start();
        var found = await ReadFromDeviceAsync(file, offset, length, [hash], cancellationToken);
        return (hash.Current(), found);
    }

    public async Task<long> ReadFromDeviceAsync(
        StoredFile file, long offset, long length, IReadOnlyCollection<IRunningHash> into, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var reader = (BucketReader)await Task.Run(() => OpenRead(file), cancellationToken);
        return await reader.FeedAsync(into, offset, length, cancellationToken);
    }

    public async Task PutAsync(
        StoredFile file, long length, IAsyncEnumerable<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        await using var writer = new BucketWriter(client, KeyOf(file), length, content.GetAsyncEnumerator(cancellationToken));
        await TryAsync(() => writer.RunAsync(cancellationToken));
    }

    public Task PutAsync(StoredFile file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        TryAsync(() => BucketWriter.PutAsync(client, KeyOf(file), bytes, cancellationToken));

    public async Task<IObjectParts> BeginAsync(StoredFile file, CancellationToken cancellationToken)
    {
        BucketParts? parts = null;
        await TryAsync(async () => parts = await BucketParts.BeginAsync(client, KeyOf(file), cancellationToken));
        return parts!;
    }

    public Task DeleteAsync(StoredFile file, CancellationToken cancellationToken) => TryAsync(async () =>
    {
        try
        {
            _ = await client.SendAsync(
                (s3, stop) => s3.DeleteObjectAsync(new DeleteObjectRequest { BucketName = client.Bucket, Key = KeyOf(file) }, stop),
                cancellationToken);
        }
        catch (BucketException reason) when (reason.IsNoSuchKey)
        {
        }
    });

    public Task DeleteAsync(StoredObject found, CancellationToken cancellationToken) => found.Unfinished is { } upload
        ? BucketParts.AbortAsync(client, KeyOf(found.File), upload, cancellationToken)
        : DeleteAsync(found.File, cancellationToken);

    public async IAsyncEnumerable<StoredObject> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? cursor = null; ;)
        {
            var (from, page) = (cursor, default(ListObjectsV2Response)!);
            await TryAsync(async () => page = await client.SendAsync(
                (s3, stop) => s3.ListObjectsV2Async(
                    new ListObjectsV2Request
                    {
                        BucketName = client.Bucket,
                        Prefix = client.Folder + Files,
                        MaxKeys = Page,
                        ContinuationToken = from,
                    },
                    stop),
                cancellationToken, ListPatience));
            foreach (var one in page.S3Objects ?? [])
            {
                if (FileOf(one.Key) is { } file)
                    yield return new StoredObject(file, one.Size ?? 0, TimeOf(one.LastModified));
            }

            if (page.IsTruncated != true)
                break;
            cursor = page.NextContinuationToken is { Length: > 0 } next && next != from ? next : throw CutOff();
        }

        await foreach (var one in ListUnfinishedAsync(cancellationToken))
            yield return one;
    }

    public async Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken)
    {
        BucketObject? marker = null;
        await TryAsync(async () => marker = await client.FindAsync(client.Folder + BucketMarker.Name, cancellationToken));
        return marker?.Now ?? throw new StoreException(StoreError.Unreachable, "The bucket does not tell its time.");
    }

    private static DateTimeOffset TimeOf(DateTime? time) =>
        // One without a time is never old enough for anything.
        time is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at.ToUniversalTime(), DateTimeKind.Utc)) : DateTimeOffset.MaxValue;

    internal static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (BucketException reason)
        {
            throw reason.ToStoreException();
        }
    }

    /// <summary>A list that is cut off would otherwise pass for a whole one.</summary>
    private static StoreException CutOff() =>
        new(StoreError.Unreachable, "The bucket sent a part of its list, and not where it continues.");

    private async IAsyncEnumerable<StoredObject> ListUnfinishedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var (key, upload) = ((string?)null, (string?)null); ;)
        {
            var (fromKey, fromUpload, page) = (key, upload, default(ListMultipartUploadsResponse));
            try
            {
                page = await client.SendAsync(
                    (s3, stop) => s3.ListMultipartUploadsAsync(
                        new ListMultipartUploadsRequest
                        {
                            BucketName = client.Bucket,
                            Prefix = client.Folder + Files,
                            MaxUploads = Page,
                            KeyMarker = fromKey,
                            UploadIdMarker = fromUpload,
                        },
                        stop),
                    cancellationToken, ListPatience);
            }
            catch (BucketException reason) when (reason.IsUnknown)
            {
                // A storage without such a list ends unfinished uploads by itself.
                yield break;
            }
            catch (BucketException reason)
            {
                throw reason.ToStoreException();
            }

            foreach (var one in page.MultipartUploads ?? [])
            {
                if (FileOf(one.Key) is { } file && one.UploadId is { Length: > 0 } unfinished)
                    yield return new StoredObject(file, 0, TimeOf(one.Initiated), unfinished);
            }

            if (page.IsTruncated != true)
                yield break;
            (key, upload) = (page.NextKeyMarker, page.NextUploadIdMarker);
            if (string.IsNullOrEmpty(key) || (key, upload) == (fromKey, fromUpload))
                throw CutOff();
        }
    }

    private BucketObject? Find(string key)
    {
        try
        {
            // A bucket without its marker is empty or another one: a missing object there does not mean that the file is lost.
            return client.Find(key) ?? (client.Find(client.Folder + BucketMarker.Name) is not null
                ? null
                : throw new StoreException(
                    StoreError.Unreachable, $"The file is in the bucket, which has no {client.Folder}{BucketMarker.Name} now."));
        }
        catch (BucketException reason)
        {
            throw reason.ToStoreException();
        }
    }

    private string KeyOf(StoredFile file) => file.Store == id
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{client.Folder}{Files}{file.Incarnation}/{file.Kind.ToString().ToLowerInvariant()}-{file.Unique:n}")
        : throw UnreachableStore.Failure();

    private StoredFile? FileOf(string key) =>
        key.StartsWith(client.Folder + Files, StringComparison.Ordinal)
        && key[(client.Folder.Length + Files.Length)..].Split('/') is [var incarnation, var name]
        && long.TryParse(incarnation, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && name.Split('-') is [var kind, var unique]
        && Enum.TryParse<StoredFileKind>(kind, ignoreCase: true, out var found)
        && Guid.TryParseExact(unique, "n", out var bits)
        && new StoredFile(id, found, number, bits) is var file && KeyOf(file) == key
            ? file
            : null;
}
