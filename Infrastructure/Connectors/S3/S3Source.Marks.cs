using Amazon.S3.Model;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>
/// Marks of pairs. A bucket that was emptied or created anew has no mark, so the pair does not take the missing objects for removed ones.
/// Each pair has an object of its own, so two pairs never write the same one.
/// </summary>
internal sealed partial class S3Source
{
    private const string Mark = ".chunkupload-sync-";

    public async Task<StorageFault?> MarkAsync(string root, Guid pair, CancellationToken cancellationToken)
    {
        if (MarkOf(root, pair) is not { } key)
            return Gone;
        var put = await client.AskAsync(
            "PutObject",
            (s3, stop) => s3.PutObjectAsync(
                new PutObjectRequest { BucketName = key.Bucket, Key = key.Key, ContentBody = $"{pair:n}\n", ContentType = "text/plain" },
                stop),
            cancellationToken);
        return put.Fault;
    }

    public async Task<StorageFault?> ProveAsync(string root, Guid pair, CancellationToken cancellationToken)
    {
        if (MarkOf(root, pair) is not { } key)
            return Gone;
        var found = await HeadAsync(client, "HeadObject", key, cancellationToken);
        return found.Fault is not { Kind: FaultKind.Gone }
            ? found.Fault
            : new StorageFault(
                FaultKind.Gone,
                $"The bucket lacks the object {key.Key}: it may have been emptied. Nothing is copied or removed until the object returns.");
    }

    private S3Key? MarkOf(string root, Guid pair) =>
        S3Key.Parse(root, client.Settings) is { IsFolder: true } folder && folder.Child($"{Mark}{pair:n}") is { IsUsable: true } key
            ? key
            : null;
}
