using System.Globalization;
using Amazon.S3.Model;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>
/// A side of a pair. Where the bucket keeps versions, what is removed or replaced is an earlier version. Elsewhere it is copied below
/// <see cref="Kept"/> first. Each change names the tag of the object that was seen; stores that know no conditions are asked for the tag
/// right before.
/// </summary>
internal sealed partial class S3Sink
{
    private const string Kept = ".chunkupload-kept/";

    private const string DayFormat = "yyyyMMdd";

    private readonly S3Copies _copies = new(client);

    private static StorageFault Other => new(FaultKind.Taken, "Something else bears the name by now.");

    public async Task<StorageFault?> RemoveAsync(SinkEntry seen, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(seen.Id, client.Settings) is not { } key)
            return Gone;
        if (key.IsFolder)
            return await RemoveFolderAsync(key, cancellationToken);
        var now = await SeenAsync(key, seen.Pin, cancellationToken);
        if (!now.Ok)
            return now.Fault.Kind == FaultKind.Gone ? null : now.Fault;
        return await KeepAsync(now.Value, cancellationToken) ?? await DeleteAsync(key, now.Value.Tag, cancellationToken);
    }

    public async Task<Outcome<SinkEntry>> MoveAsync(SinkEntry seen, string folder, string name, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(seen.Id, client.Settings) is not { IsFolder: false } key)
            return Gone;
        if (S3Key.Parse(folder, client.Settings) is not { IsFolder: true } parent || parent.Child(name) is not { IsUsable: true } target)
            return TooLong;
        var there = await EntryAsync(target, cancellationToken);
        if (there.Ok)
            return Other;
        if (there.Fault.Kind != FaultKind.Gone)
            return there.Fault;
        var now = await SeenAsync(key, seen.Pin, cancellationToken);
        if (!now.Ok)
            return now.Fault;

        // A store has no moves. Killed after the copy, both are there, and the next look finds the old one to be removed.
        if (await _copies.CopyAsync(now.Value, target, null, cancellationToken) is { } uncopied)
            return uncopied.Kind == FaultKind.Taken ? Other : uncopied;
        if (await DeleteAsync(key, now.Value.Tag, cancellationToken) is not { } kept)
            return await EntryAsync(target, cancellationToken);
        _ = await DeleteAsync(target, null, CancellationToken.None);
        return kept;
    }

    public async Task<Outcome<SinkEntry>> RestoreAsync(SinkEntry seen, string version, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(seen.Id, client.Settings) is not { IsFolder: false } key)
            return Gone;
        var now = await SeenAsync(key, seen.Pin, cancellationToken);
        if (!now.Ok)
            return now.Fault.Kind == FaultKind.Gone ? Other : now.Fault;
        var tag = S3Items.Read(version).Tag;
        var found = IsVersioned(now.Value.Facts)
            ? await EarlierAsync(key, tag, cancellationToken)
            : await FindKeptAsync(key, tag, cancellationToken);
        if (!found.Ok)
            return found.Fault;
        // What is replaced now is kept for as long as anything that is replaced today.
        if (await KeepAsync(now.Value, cancellationToken) is { } unkept)
            return unkept;
        if (await _copies.CopyAsync(found.Value, key, now.Value.Tag, cancellationToken) is { } uncopied)
            return uncopied.Kind == FaultKind.Taken ? Other : uncopied;
        return await EntryAsync(key, cancellationToken);
    }

    public async Task PurgeKeptAsync(string id, DateTimeOffset before, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(id, client.Settings) is not { } place)
            return;
        var all = place with { Key = PrefixOf(place) + Kept };
        var day = before.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
        var listed = await KeysAsync(all, cancellationToken);
        foreach (var kept in listed.Ok ? listed.Value : [])
        {
            // In the order of their days.
            if (string.CompareOrdinal(kept.Key[all.Key.Length..], day) >= 0)
                return;
            _ = await DeleteAsync(all with { Key = kept.Key }, null, cancellationToken);
        }
    }

    /// <summary>Returns why a file may not take its place now; <c>null</c> if it may.</summary>
    /// <param name="keeps">Whether what is replaced is kept, because the file takes its place next.</param>
    private async Task<StorageFault?> ConditionFaultAsync(
        S3Key key, SinkCondition condition, bool keeps, CancellationToken cancellationToken)
    {
        if (condition.Version is not { } version)
        {
            var there = await EntryAsync(key, cancellationToken);
            return there.Ok ? Other : there.Fault.Kind == FaultKind.Gone ? null : there.Fault;
        }

        var now = await SeenAsync(key, version, cancellationToken);
        return !now.Ok ? (now.Fault.Kind == FaultKind.Gone ? Other : now.Fault)
            : keeps ? await KeepAsync(now.Value, cancellationToken)
            : null;
    }

    /// <summary>The tag that the object must have which a file replaces; <c>null</c> if that does not matter.</summary>
    private static string? MatchOf(SinkFile file) =>
        file.Condition is { Version: { } version } ? S3Items.Read(version).Tag : null;

    /// <summary>The object, if it has the version that was seen.</summary>
    private async Task<Outcome<S3Copies.Original>> SeenAsync(S3Key key, string? pin, CancellationToken cancellationToken)
    {
        var found = await S3Source.HeadAsync(client, S3Client.Find, key, cancellationToken);
        if (!found.Ok)
            return found.Fault;
        var now = new S3Copies.Original(key, null, found.Value);
        return pin is not null && now.Tag == S3Items.Read(pin).Tag ? now : Other;
    }

    private static bool IsVersioned(GetObjectMetadataResponse facts) =>
        S3Items.Read(S3Items.PinOf(facts.ETag, facts.VersionId)).Version is not null;

    /// <summary>Copies an object below <see cref="Kept"/>, unless the bucket keeps it by itself.</summary>
    private async Task<StorageFault?> KeepAsync(S3Copies.Original now, CancellationToken cancellationToken)
    {
        if (IsVersioned(now.Facts))
            return null;
        var day = time.GetUtcNow().UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
        var kept = now.Key with { Key = $"{PrefixOf(now.Key)}{Kept}{day}-{Guid.NewGuid():n}/{now.Tag}/{now.Key.Name}" };
        if (!kept.IsUsable)
            return new StorageFault(FaultKind.Refused, "The name is too long to keep the object under it, so it is not changed.");
        return await _copies.CopyAsync(now, kept, null, cancellationToken) is { } fault
            ? fault.Kind is FaultKind.Taken or FaultKind.Gone ? Other : fault
            : null;
    }

    /// <summary>The newest object that was kept with this name and tag.</summary>
    private async Task<Outcome<S3Copies.Original>> FindKeptAsync(S3Key key, string tag, CancellationToken cancellationToken)
    {
        var listed = await KeysAsync(key with { Key = PrefixOf(key) + Kept }, cancellationToken);
        if (!listed.Ok)
            return listed.Fault;
        var found = listed.Value.Where(one => one.Key.EndsWith($"/{tag}/{key.Name}", StringComparison.Ordinal))
            .MaxBy(one => one.LastModified);
        if (found is null)
            return new StorageFault(FaultKind.Gone, $"The object is not below {Kept} any more.");
        var original = key with { Key = found.Key };
        var facts = await S3Source.HeadAsync(client, S3Client.Find, original, cancellationToken);
        return facts.Ok ? new S3Copies.Original(original, null, facts.Value) : facts.Fault;
    }

    /// <summary>The newest earlier version of an object that has this tag.</summary>
    private async Task<Outcome<S3Copies.Original>> EarlierAsync(S3Key key, string tag, CancellationToken cancellationToken)
    {
        var (marker, version) = ((string?)null, (string?)null);
        for (var pages = 0; pages < MostNames; pages++)
        {
            var (after, since) = (marker, version);
            var answer = await client.AskAsync(
                "ListObjectVersions",
                (s3, stop) => s3.ListVersionsAsync(
                    new ListVersionsRequest
                    {
                        BucketName = key.Bucket,
                        Prefix = key.Key,
                        KeyMarker = after,
                        VersionIdMarker = since,
                    },
                    stop),
                cancellationToken);
            if (!answer.Ok)
                return answer.Fault;
            if (AnswerLimits.CountFault(answer.Value.Versions?.Count ?? 0, AnswerLimits.MostItems) is { } tooMany)
                return tooMany;
            var found = (answer.Value.Versions ?? []).FirstOrDefault(
                one => one.Key == key.Key && one.IsDeleteMarker != true && one.IsLatest != true && S3Items.Bare(one.ETag) == tag);
            if (found is not null)
            {
                var facts = await client.AskAsync(
                    "HeadObject",
                    (s3, stop) => s3.GetObjectMetadataAsync(
                        new GetObjectMetadataRequest { BucketName = key.Bucket, Key = key.Key, VersionId = found.VersionId }, stop),
                    cancellationToken);
                return facts.Ok ? new S3Copies.Original(key, found.VersionId, facts.Value) : facts.Fault;
            }

            (marker, version) = (answer.Value.NextKeyMarker, answer.Value.NextVersionIdMarker);
            if (answer.Value.IsTruncated != true || marker is null || (answer.Value.Versions is [.., { Key: var last }] && last != key.Key))
                break;
        }

        return new StorageFault(FaultKind.Gone, "The bucket does not keep this version any more.");
    }

    /// <summary>All objects whose keys begin so, up to the number of a side of a pair.</summary>
    private async Task<Outcome<IReadOnlyList<S3Object>>> KeysAsync(S3Key prefix, CancellationToken cancellationToken)
    {
        var keys = new List<S3Object>();
        for (string? cursor = null; ;)
        {
            var after = cursor;
            var answer = await client.AskAsync(
                "ListObjectsV2",
                (s3, stop) => s3.ListObjectsV2Async(
                    new ListObjectsV2Request { BucketName = prefix.Bucket, Prefix = prefix.Key, ContinuationToken = after }, stop),
                cancellationToken);
            if (!answer.Ok)
                return answer.Fault;
            if (AnswerLimits.CountFault(answer.Value.S3Objects?.Count ?? 0, AnswerLimits.MostItems) is { } tooMany)
                return tooMany;
            keys.AddRange(answer.Value.S3Objects ?? []);
            cursor = answer.Value.NextContinuationToken;
            if (answer.Value.IsTruncated != true || cursor is not { Length: > 0 } || cursor == after || keys.Count >= MostKept)
                return keys;
        }
    }

    private const int MostKept = 200_000;

    /// <summary>A folder is a prefix: it is gone when no object is below it. An object that stands for it is removed with it.</summary>
    private async Task<StorageFault?> RemoveFolderAsync(S3Key folder, CancellationToken cancellationToken)
    {
        var answer = await client.AskAsync(
            "ListObjectsV2",
            (s3, stop) => s3.ListObjectsV2Async(
                new ListObjectsV2Request { BucketName = folder.Bucket, Prefix = folder.Key, MaxKeys = 2 }, stop),
            cancellationToken);
        if (!answer.Ok)
            return answer.Fault.Kind == FaultKind.Gone ? null : answer.Fault;
        var found = answer.Value.S3Objects ?? [];
        if (found.Any(one => one.Key != folder.Key || one.Size > 0))
            return Other;
        return found.Count == 0 ? null : await DeleteAsync(folder, S3Items.Bare(found[0].ETag), cancellationToken);
    }

    /// <param name="match">The tag that the object must have; <c>null</c>: any.</param>
    private async Task<StorageFault?> DeleteAsync(S3Key key, string? match, CancellationToken cancellationToken)
    {
        var deleted = await client.Abilities.TryAsync(() => client.AskAsync(
            "DeleteObject",
            (s3, stop) => s3.DeleteObjectAsync(
                new DeleteObjectRequest
                {
                    BucketName = key.Bucket,
                    Key = key.Key,
                    IfMatch = client.Abilities.Conditions ? S3Copies.Quoted(match) : null,
                },
                stop),
            cancellationToken));
        return deleted.Fault?.Kind switch
        {
            FaultKind.Taken => Other,
            FaultKind.Gone => null,
            _ => deleted.Fault,
        };
    }

    /// <summary>Where the connection's own folder begins: <see cref="Kept"/> lies there.</summary>
    private string PrefixOf(S3Key key) => client.Settings.Bucket == key.Bucket ? client.Settings.Prefix : "";
}
