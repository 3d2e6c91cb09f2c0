using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>
/// Reads from S3. Folders are prefixes, listed level by level. Ranges are read of the object's tag, and of its version where the bucket
/// keeps versions, so that a file that is replaced meanwhile is read to its end as it was.
/// </summary>
internal sealed partial class S3Source(S3Client client) : ISource, IRootMark
{
    private const int PageSize = 1000;

    // Where the key may not read versions, objects are read by their tags alone.
    private bool _noVersions;

    public SourceTraits Traits { get; } = new([DigestKind.Sha256, DigestKind.Md5]) { HasFolders = false };

    /// <param name="folder">The folder; empty for the bucket of the connection, or for all buckets.</param>
    public async Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken)
    {
        if (folder.Length == 0)
        {
            return S3Key.PlaceOf(client.Settings) is { } place
                ? new SourcePage([S3Items.FolderOf(place)], null)
                : await BucketsAsync(cursor, cancellationToken);
        }

        if (S3Key.Parse(folder, client.Settings) is not { IsFolder: true } key)
            return Gone;
        var answer = await client.AskAsync(
            "ListObjectsV2",
            (s3, stop) => s3.ListObjectsV2Async(
                new ListObjectsV2Request
                {
                    BucketName = key.Bucket,
                    Prefix = key.Key,
                    Delimiter = "/",
                    MaxKeys = PageSize,
                    ContinuationToken = cursor,
                    // Else keys with characters that XML cannot have would make a page that cannot be read.
                    Encoding = EncodingType.Url,
                },
                stop),
            cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var page = answer.Value;
        if (AnswerLimits.CountFault((page.CommonPrefixes?.Count ?? 0) + (page.S3Objects?.Count ?? 0), PageSize) is { } tooMany)
            return tooMany;
        var encoded = page.Encoding == EncodingType.Url;
        var items = new List<SourceItem>();
        foreach (var prefix in page.CommonPrefixes ?? [])
            items.Add(FolderOf(key, Decoded(prefix, encoded)));
        foreach (var one in page.S3Objects ?? [])
        {
            if (ItemOf(key, Decoded(one.Key, encoded), one) is { } item)
                items.Add(item);
        }

        items.Sort((one, other) => string.CompareOrdinal(one.Id, other.Id));
        return new SourcePage(items, page.IsTruncated == true ? page.NextContinuationToken : null);
    }

    // A listing has no version ids.
    public string? VersionOf(string? pin) => pin is null ? null : S3Items.Read(pin).Tag;

    public async Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(id, client.Settings) is not { } key)
            return Gone;
        if (key.IsFolder)
            return S3Items.FolderOf(key);
        var found = await HeadAsync(client, "HeadObject", key, cancellationToken);
        return found.Ok ? S3Items.ToSource(key, found.Value) : found.Fault;
    }

    public async Task<StorageFault?> ReadAsync(
        SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(item.Id, client.Settings) is not { IsFolder: false } key || item.Pin is not { } pin)
            return Gone;
        var (tag, version) = S3Items.Read(pin);
        var answer = await GetAsync(key, tag, _noVersions ? null : version, offset, length, cancellationToken);
        if (version is not null && answer.Fault is { Kind: FaultKind.Refused })
        {
            _noVersions = true;
            answer = await GetAsync(key, tag, null, offset, length, cancellationToken);
        }

        if (!answer.Ok)
            return answer.Fault.Kind is FaultKind.Taken or FaultKind.Gone ? Changed : answer.Fault;
        using var response = answer.Value;
        if (S3Items.Bare(response.ETag) != tag)
            return Changed;
        return RangeFault(response, item, offset, length) ?? await CopyAsync(response, length, into, cancellationToken);
    }

    internal static Task<Outcome<GetObjectMetadataResponse>> HeadAsync(
        S3Client client, string operation, S3Key key, CancellationToken cancellationToken) => client.AskAsync(
            operation,
            (s3, stop) => s3.GetObjectMetadataAsync(
                new GetObjectMetadataRequest
                {
                    BucketName = key.Bucket,
                    Key = key.Key,
                    ChecksumMode = client.Abilities.Checksums ? ChecksumMode.ENABLED : null,
                },
                stop),
            cancellationToken);

    private static StorageFault Gone { get; } = new(FaultKind.Gone, "The storage has no such object, or it is not of this connection.");

    private static StorageFault Changed { get; } = new(FaultKind.SourceChanged, "The object was changed while it was read.");

    private Task<Outcome<GetObjectResponse>> GetAsync(
        S3Key key, string tag, string? version, long offset, long length, CancellationToken cancellationToken) => client.SendAsync(
            "GetObject",
            (s3, stop) => s3.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = key.Bucket,
                    Key = key.Key,
                    VersionId = version,
                    EtagToMatch = $"\"{tag}\"",
                    ByteRange = new Amazon.S3.Model.ByteRange(offset, offset + length - 1),
                },
                stop),
            cancellationToken);

    /// <summary>An answer is content only when it is exactly what was asked for.</summary>
    private static StorageFault? RangeFault(GetObjectResponse answer, SourceItem item, long offset, long length)
    {
        if (answer.HttpStatusCode == HttpStatusCode.OK)
        {
            return offset == 0 && length == item.Size && answer.ContentLength == length
                ? null
                : new StorageFault(FaultKind.Transient, "The storage sent the whole object in place of a part.");
        }

        var wanted = string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-{offset + length - 1}/");
        return answer.HttpStatusCode == HttpStatusCode.PartialContent && answer.ContentLength == length
            && answer.ContentRange is { } range && range.StartsWith(wanted, StringComparison.Ordinal)
            && (range[wanted.Length..] is "*" || range[wanted.Length..] == item.Size?.ToString(CultureInfo.InvariantCulture))
                ? null
                : new StorageFault(FaultKind.Transient, "The storage sent another part than was asked for.");
    }

    private static async Task<StorageFault?> CopyAsync(
        GetObjectResponse answer, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = answer.ResponseStream;
            for (var left = length; left > 0;)
            {
                var memory = into.GetMemory();
                var read = await body.ReadAsync(memory[..(int)Math.Min(memory.Length, left)], cancellationToken);
                if (read == 0)
                    return new StorageFault(FaultKind.Transient, "The storage broke off a download.");
                into.Advance(read);
                left -= read;
                if ((await into.FlushAsync(cancellationToken)).IsCompleted)
                    return null;
            }

            return null;
        }
        catch (Exception reason) when (reason is not OperationCanceledException && S3Faults.OfNetwork(reason) is { } broken)
        {
            return broken;
        }
    }

    private async Task<Outcome<SourcePage>> BucketsAsync(string? cursor, CancellationToken cancellationToken)
    {
        var answer = await client.AskAsync(
            "ListBuckets",
            (s3, stop) => s3.ListBucketsAsync(new ListBucketsRequest { ContinuationToken = cursor }, stop), cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (AnswerLimits.CountFault(answer.Value.Buckets?.Count ?? 0, AnswerLimits.MostItems) is { } tooMany)
            return tooMany;
        return new SourcePage(
            [.. (answer.Value.Buckets ?? []).Select(bucket => S3Items.FolderOf(new S3Key(bucket.BucketName, "")))],
            answer.Value.ContinuationToken is { Length: > 0 } next ? next : null);
    }

    private static SourceItem FolderOf(S3Key parent, string? prefix)
    {
        if (prefix is null)
            return Odd(parent, "?", StorageItemKind.Folder, "Its name is not text in UTF-8.");
        var key = new S3Key(parent.Bucket, prefix);
        return key.IsUsable
            ? S3Items.FolderOf(key)
            : Odd(parent, prefix[parent.Key.Length..], StorageItemKind.Folder, ReasonOf(prefix[parent.Key.Length..^1]));
    }

    /// <summary>Null: the mark of a folder, which is no file.</summary>
    private static SourceItem? ItemOf(S3Key parent, string? name, S3Object found)
    {
        if (name is null)
            return Odd(parent, "?", StorageItemKind.File, "Its name is not text in UTF-8.", found.Size);
        if (name == parent.Key)
        {
            return found.Size > 0
                ? Odd(parent, $"{parent.Name}/", StorageItemKind.File, "Its key ends in a slash, so no file can have its name.", found.Size)
                : null;
        }

        var key = new S3Key(parent.Bucket, name);
        if (key.IsFolder || !key.IsUsable)
            return Odd(parent, name[parent.Key.Length..], StorageItemKind.File, ReasonOf(name[parent.Key.Length..]), found.Size);
        return new SourceItem(key.ToString(), key.Name, StorageItemKind.File)
        {
            Size = found.Size,
            Pin = S3Items.Bare(found.ETag),
            Modified = S3Items.TimeOf(found.LastModified),
        };
    }

    /// <summary>What is told of, and never moved: its id leads nowhere.</summary>
    private static SourceItem Odd(S3Key parent, string name, StorageItemKind kind, string reason, long? size = null)
    {
        var shown = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
            _ = rune.Value == 0 ? shown.Append('␀') : shown.Append(rune);
        return new SourceItem($"{parent.Bucket}//{shown}", shown.Length == 0 ? "/" : shown.ToString(), kind) { Size = size, Skip = reason };
    }

    private static string ReasonOf(string name) => name.TrimEnd('/') switch
    {
        "" => "Its key begins with a slash, or has two of them in a row: such a folder has no name.",
        "." or ".." => "Its name is . or .., which no file or folder can have.",
        _ => "Its name has a character that names cannot have.",
    };

    /// <summary>Null: the bytes are no UTF-8.</summary>
    private static string? Decoded(string text, bool encoded)
    {
        if (!encoded || !text.Contains('%', StringComparison.Ordinal) && !text.Contains('+', StringComparison.Ordinal))
            return text;
        var bytes = WebUtility.UrlDecodeToBytes(Encoding.UTF8.GetBytes(text), 0, Encoding.UTF8.GetByteCount(text))!;
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
