using System.Globalization;
using System.Xml.Linq;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.S3;

/// <summary>Objects: written, read, copied and deleted.</summary>
internal sealed class S3Objects(S3Store store, S3Body body, EmulatorContext context)
{
    private const int LongestKey = 1024;

    public bool Discards => context.Switches.IsOn("sink") || context.Options.Sink;

    /// <summary>What an object gets from the headers of the request that makes it.</summary>
    public S3Object TargetOf(S3Call call) => new("", null, store.Now)
    {
        ContentType = call.Header("Content-Type") ?? "binary/octet-stream",
        Metadata = call.Metadata(),
    };

    public string TagOf(StoredContent content) =>
        context.Switches.IsOn("md5Tags") ? content.Hashes.Md5 : Ids.Random(32, "0123456789abcdef");

    public async Task PutAsync(S3Call call)
    {
        CheckKey(call.Target.Key);
        lock (store.Gate)
        {
            CheckWrite(call, store.Bucket(call.Target.Bucket));
            store.CheckRoom(call.Account, call.Http.Request.ContentLength ?? 0);
        }

        var received = await body.ReceiveAsync(call.Http, call.Signed, Discards);
        S3Object made;
        lock (store.Gate)
        {
            var bucket = store.Bucket(call.Target.Bucket);
            CheckWrite(call, bucket);
            made = S3Store.Put(bucket, call.Target.Key, TargetOf(call) with
            {
                Tag = TagOf(received.Content),
                Content = received.Content,
                Checksum = received.Checksum,
            });
        }

        Describe(call, made, withChecksum: true);
    }

    public async Task GetAsync(S3Call call)
    {
        var isHead = HttpMethods.IsHead(call.Http.Request.Method);
        S3Object found;
        StoredContent content;
        lock (store.Gate)
        {
            found = Find(store.Bucket(call.Target.Bucket), call.Target.Key, call.Target["versionId"]);
            content = found.Content!.Retain();
        }

        try
        {
            var response = call.Http.Response;
            if (call.Header("If-Match") is { } match && Bare(match) != found.Tag && match != "*")
                throw new S3Exception("PreconditionFailed");
            if (call.Header("If-None-Match") is { } none && (Bare(none) == found.Tag || none == "*"))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                response.Headers.ETag = $"\"{found.Tag}\"";
                return;
            }

            if (!isHead && found.StorageClass is "GLACIER" or "DEEP_ARCHIVE")
                throw new S3Exception("InvalidObjectState");
            var range = ByteRange.Parse(call.Header("Range"), found.Size, out var satisfiable);
            if (!satisfiable)
                throw new S3Exception("InvalidRange");
            if (range is { } cut && FaultMiddleware.TruncatedRange(call.Http) is { } most && most < cut.Length)
                range = cut with { To = cut.From + most - 1 };
            Describe(call, found, call.Header("x-amz-checksum-mode") == "ENABLED" && range is null);
            response.ContentType = found.ContentType;
            response.Headers.LastModified = found.Modified.ToString("R", CultureInfo.InvariantCulture);
            response.Headers.AcceptRanges = "bytes";
            if (found.StorageClass != "STANDARD")
                response.Headers["x-amz-storage-class"] = found.StorageClass;
            foreach (var (name, value) in found.Metadata)
                response.Headers[$"x-amz-meta-{name}"] = value;
            var (from, length) = range is { } part ? (part.From, part.Length) : (0, found.Size);
            if (range is { } shown)
            {
                response.StatusCode = StatusCodes.Status206PartialContent;
                response.Headers.ContentRange = $"bytes {shown.From}-{shown.To}/{found.Size}";
            }

            response.ContentLength = length;
            if (!isHead && length > 0)
                await content.CopyToAsync(response.Body, from, length, call.Stop);
        }
        finally
        {
            content.Release();
        }
    }

    public async Task CopyAsync(S3Call call)
    {
        CheckKey(call.Target.Key);
        var (bucket, key, version) = SourceOf(call);
        S3Object made;
        lock (store.Gate)
        {
            var source = Find(OwnBucket(call, bucket), key, version);
            CheckSource(call, source);
            var into = store.Bucket(call.Target.Bucket);
            CheckWrite(call, into);
            var replaces = call.Header("x-amz-metadata-directive") == "REPLACE";
            // An earlier version becomes the newest one by such a copy.
            if (!replaces && version is null && bucket == call.Target.Bucket && key == call.Target.Key)
                throw new S3Exception("InvalidRequest", message: "This copy request changes nothing.");
            var target = TargetOf(call);
            made = S3Store.Put(into, call.Target.Key, source with
            {
                Content = source.Content!.Retain(),
                Modified = store.Now,
                Version = null,
                Metadata = replaces ? target.Metadata : source.Metadata,
                ContentType = replaces ? target.ContentType : source.ContentType,
            });
        }

        Describe(call, made, withChecksum: false);
        await call.AnswerAsync(
            "CopyObjectResult", S3Call.Element("LastModified", S3Call.Time(made.Modified)) + S3Call.Element("ETag", $"\"{made.Tag}\""));
    }

    public Task DeleteAsync(S3Call call)
    {
        lock (store.Gate)
        {
            CheckWrite(call, store.Bucket(call.Target.Bucket));
            if (store.Delete(store.Bucket(call.Target.Bucket), call.Target.Key, call.Target["versionId"]) is { Version: { } version } gone)
            {
                call.Http.Response.Headers["x-amz-version-id"] = version;
                if (gone.IsDeleted)
                    call.Http.Response.Headers["x-amz-delete-marker"] = "true";
            }
        }

        call.Http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    public async Task DeleteManyAsync(S3Call call)
    {
        var keys = (await call.XmlAsync()).Elements("Object").Select(one => one.Element("Key")?.Value ?? "").ToList();
        lock (store.Gate)
        {
            foreach (var key in keys)
                _ = store.Delete(store.Bucket(call.Target.Bucket), S3Target.Bytes(key), null);
        }

        await call.AnswerAsync("DeleteResult", string.Concat(keys.Select(key => $"<Deleted>{new XElement("Key", key)}</Deleted>")));
    }

    /// <summary>The conditions under which an object may be written.</summary>
    public void CheckWrite(S3Call call, S3Bucket bucket)
    {
        var (none, match) = (call.Header("If-None-Match"), call.Header("If-Match"));
        if ((none ?? match) is null || context.Switches.Text("conditions") == "ignored")
            return;
        if (context.Switches.Text("conditions") == "refused")
            throw new S3Exception("NotImplemented");
        var there = bucket.Find(call.Target.Key);
        if ((none == "*" && there is not null) || (match is not null && Bare(match) != there?.Tag))
            throw new S3Exception("PreconditionFailed");
    }

    /// <summary>The condition under which an object may be copied.</summary>
    public static void CheckSource(S3Call call, S3Object source)
    {
        if (call.Header("x-amz-copy-source-if-match") is { } match && Bare(match) != source.Tag)
            throw new S3Exception("PreconditionFailed");
    }

    public static void CheckKey(string key)
    {
        if (key.Length > LongestKey)
            throw new S3Exception("KeyTooLongError");
    }

    public static S3Object Find(S3Bucket bucket, string key, string? version)
    {
        if (version is null)
            return bucket.Find(key) ?? throw new S3Exception("NoSuchKey");
        return bucket.Objects.TryGetValue(key, out var versions)
            && versions.Find(one => (one.Version ?? "null") == version) is { IsDeleted: false } found
            ? found
            : throw new S3Exception("NoSuchVersion");
    }

    public S3Bucket OwnBucket(S3Call call, string name) =>
        store.Bucket(name) is { } bucket && bucket.Owner == call.Account ? bucket : throw new S3Exception("AccessDenied");

    public static (string Bucket, string Key, string? Version) SourceOf(S3Call call)
    {
        var text = call.Header("x-amz-copy-source")!;
        var mark = text.IndexOf("?versionId=", StringComparison.Ordinal);
        var path = S3Target.Decoded(mark < 0 ? text : text[..mark], plus: false).TrimStart('/');
        var slash = path.IndexOf('/');
        return slash <= 0
            ? throw new S3Exception("InvalidArgument")
            : (path[..slash], path[(slash + 1)..], mark < 0 ? null : text[(mark + "?versionId=".Length)..]);
    }

    public void Describe(S3Call call, S3Object found, bool withChecksum)
    {
        var headers = call.Http.Response.Headers;
        headers.ETag = $"\"{found.Tag}\"";
        if (found.Version is { } version)
            headers["x-amz-version-id"] = version;
        if (!withChecksum || !context.Switches.IsOn("checksums") || found.Checksum is not { } checksum)
            return;
        headers[checksum.Name] = checksum.Value;
        headers["x-amz-checksum-type"] = found.IsComposite ? "COMPOSITE" : "FULL_OBJECT";
    }

    private static string Bare(string tag) => tag.Trim('"');
}
