using Amazon.S3;
using Amazon.S3.Model;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>Copies objects inside of the store, so that no byte of them passes through the service.</summary>
internal sealed class S3Copies(S3Client client)
{
    /// <summary>Stores copy objects up to 5 GiB by one request.</summary>
    private const long LargestCopy = 5L << 30;

    private const long PartSize = 1L << 30;

    /// <summary>An object with the version of it that is copied, and no other one.</summary>
    /// <param name="Version">Where the bucket keeps versions: the one to copy; <c>null</c>: the newest.</param>
    public sealed record Original(S3Key Key, string? Version, GetObjectMetadataResponse Facts)
    {
        public string Tag => S3Items.Bare(Facts.ETag);
    }

    /// <param name="match">The tag of the object that is replaced; <c>null</c>: no object may have the key.</param>
    /// <param name="time">
    /// The time of change that the copy gets, empty if there is none; <c>null</c>: all facts are those of the original.
    /// </param>
    /// <returns><see cref="FaultKind.Taken"/>: either object is another one by now.</returns>
    public async Task<StorageFault?> CopyAsync(
        Original original, S3Key to, string? match, CancellationToken cancellationToken, string? time = null)
    {
        if (original.Facts.ContentLength > LargestCopy)
            return await CopyPartsAsync(original, to, match, time, cancellationToken);
        var copied = await client.Abilities.TryAsync(() => client.SendAsync(
            "CopyObject",
            (s3, stop) =>
            {
                var request = new CopyObjectRequest
                {
                    SourceBucket = original.Key.Bucket,
                    SourceKey = original.Key.Key,
                    SourceVersionId = original.Version,
                    ETagToMatch = Quoted(original.Tag),
                    DestinationBucket = to.Bucket,
                    DestinationKey = to.Key,
                    IfMatch = client.Abilities.Conditions ? Quoted(match) : null,
                    IfNoneMatch = match is null && client.Abilities.Conditions ? "*" : null,
                };
                if (time is not null)
                {
                    request.MetadataDirective = S3MetadataDirective.REPLACE;
                    request.ContentType = original.Facts.Headers.ContentType;
                    Describe(request.Metadata, original, time);
                }

                return s3.CopyObjectAsync(request, stop);
            },
            cancellationToken));
        return copied.Fault;
    }

    private async Task<StorageFault?> CopyPartsAsync(
        Original original, S3Key to, string? match, string? time, CancellationToken cancellationToken)
    {
        var begun = await client.AskAsync(
            "CreateMultipartUpload",
            (s3, stop) =>
            {
                var request = new InitiateMultipartUploadRequest
                {
                    BucketName = to.Bucket,
                    Key = to.Key,
                    ContentType = original.Facts.Headers.ContentType,
                };
                Describe(request.Metadata, original, time);
                return s3.InitiateMultipartUploadAsync(request, stop);
            },
            cancellationToken);
        if (!begun.Ok)
            return begun.Fault;
        var fault = await FillAsync(original, to, match, begun.Value.UploadId, cancellationToken);
        if (fault is not null)
            await S3Parts.AbortAsync(client, to, begun.Value.UploadId, CancellationToken.None);
        return fault;
    }

    private async Task<StorageFault?> FillAsync(
        Original original, S3Key to, string? match, string upload, CancellationToken cancellationToken)
    {
        var tags = new List<PartETag>();
        for (long at = 0; at < original.Facts.ContentLength; at += PartSize)
        {
            var (number, first, last) = (tags.Count + 1, at, Math.Min(at + PartSize, original.Facts.ContentLength) - 1);
            var part = await client.SendAsync(
                "UploadPartCopy",
                (s3, stop) => s3.CopyPartAsync(
                    new CopyPartRequest
                    {
                        SourceBucket = original.Key.Bucket,
                        SourceKey = original.Key.Key,
                        SourceVersionId = original.Version,
                        ETagToMatch = [Quoted(original.Tag)],
                        DestinationBucket = to.Bucket,
                        DestinationKey = to.Key,
                        UploadId = upload,
                        PartNumber = number,
                        FirstByte = first,
                        LastByte = last,
                    },
                    stop),
                cancellationToken);
            if (!part.Ok)
                return part.Fault;
            tags.Add(new PartETag(number, part.Value.ETag));
        }

        var completed = await client.Abilities.TryAsync(() => client.SendAsync(
            "CompleteMultipartUpload",
            (s3, stop) => s3.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest
                {
                    BucketName = to.Bucket,
                    Key = to.Key,
                    UploadId = upload,
                    PartETags = tags,
                    IfMatch = client.Abilities.Conditions ? Quoted(match) : null,
                    IfNoneMatch = match is null && client.Abilities.Conditions ? "*" : null,
                },
                stop),
            cancellationToken));
        return completed.Fault;
    }

    private static void Describe(MetadataCollection metadata, Original original, string? time)
    {
        foreach (var name in original.Facts.Metadata.Keys)
            metadata[name] = original.Facts.Metadata[name];
        if (time is { Length: > 0 })
            metadata[S3Items.TimeName] = time;
    }

    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(tag))]
    public static string? Quoted(string? tag) => tag is null ? null : $"\"{tag}\"";
}
