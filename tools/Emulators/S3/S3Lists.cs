using System.Globalization;
using System.Text;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.S3;

/// <summary>Buckets, and what is in them.</summary>
internal sealed class S3Lists(S3Store store, EmulatorContext context)
{
    private const string UsualRegion = "us-east-1";

    public Task BucketsAsync(S3Call call)
    {
        List<S3Bucket> all;
        lock (store.Gate)
            all = [.. store.Buckets.Values.Where(bucket => bucket.Owner == call.Account)];
        return call.AnswerAsync(
            "ListAllMyBucketsResult",
            $"<Owner>{S3Call.Element("ID", call.Account.Id)}{S3Call.Element("DisplayName", call.Account.Name)}</Owner><Buckets>"
            + string.Concat(all.Select(one => "<Bucket>" + S3Call.Element("Name", one.Name)
                + S3Call.Element("CreationDate", S3Call.Time(one.MadeAt)) + "</Bucket>")) + "</Buckets>");
    }

    public async Task CreateBucketAsync(S3Call call)
    {
        var name = call.Target.Bucket;
        if (name.Length is < 3 or > 63 || !name.All(one => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one is '-' or '.'))
            throw new S3Exception("InvalidBucketName");
        var region = call.Http.Request.ContentLength > 0 ? (await call.XmlAsync()).Element("LocationConstraint")?.Value : null;
        lock (store.Gate)
        {
            if (store.Buckets.TryGetValue(name, out var there))
                throw new S3Exception(there.Owner == call.Account ? "BucketAlreadyOwnedByYou" : "AccessDenied");
            store.Buckets[name] = new S3Bucket(name, call.Account, region ?? call.Signed.Region, store.Now);
        }

        call.Http.Response.Headers.Location = "/" + name;
    }

    public Task DeleteBucketAsync(S3Call call)
    {
        lock (store.Gate)
        {
            if (store.Bucket(call.Target.Bucket).Objects.Count > 0)
                throw new S3Exception("BucketNotEmpty");
            _ = store.Buckets.Remove(call.Target.Bucket);
        }

        call.Http.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    public Task LocationAsync(S3Call call)
    {
        var region = store.Bucket(call.Target.Bucket).Region;
        return call.AnswerAsync("LocationConstraint", region == UsualRegion ? "" : region);
    }

    public Task VersioningAsync(S3Call call) => call.AnswerAsync(
        "VersioningConfiguration", store.Bucket(call.Target.Bucket).Versioning ? S3Call.Element("Status", "Enabled") : "");

    /// <summary>All versions of all keys, the newest of each first, in one page.</summary>
    public Task VersionsAsync(S3Call call)
    {
        var prefix = call.Target["prefix"] ?? "";
        var rows = new StringBuilder();
        lock (store.Gate)
        {
            foreach (var (key, versions) in store.Bucket(call.Target.Bucket).Objects)
            {
                if (!key.StartsWith(prefix, StringComparison.Ordinal))
                    continue;
                foreach (var one in versions)
                {
                    var name = one.IsDeleted ? "DeleteMarker" : "Version";
                    _ = rows.Append('<').Append(name).Append('>').Append(S3Call.Element("Key", S3Target.Text(key)))
                        .Append(S3Call.Element("VersionId", one.Version ?? "null"))
                        .Append(S3Call.Element("IsLatest", one == versions[0] ? "true" : "false"))
                        .Append(S3Call.Element("LastModified", S3Call.Time(one.Modified)));
                    if (!one.IsDeleted)
                        _ = rows.Append(S3Call.Element("ETag", $"\"{one.Tag}\"")).Append(S3Call.Element("Size", $"{one.Size}"));
                    _ = rows.Append("</").Append(name).Append('>');
                }
            }
        }

        return call.AnswerAsync(
            "ListVersionsResult",
            S3Call.Element("Name", call.Target.Bucket) + S3Call.Element("Prefix", S3Target.Text(prefix))
            + S3Call.Element("IsTruncated", "false") + rows);
    }

    /// <summary>Keys in the order of their bytes; those with the delimiter behind the prefix are one common prefix.</summary>
    public Task ObjectsAsync(S3Call call)
    {
        var target = call.Target;
        var second = target["list-type"] == "2";
        var (prefix, delimiter) = (target["prefix"] ?? "", target["delimiter"] ?? "");
        var after = second
            ? target["continuation-token"] is { } token ? Encoding.Latin1.GetString(Convert.FromBase64String(token)) : target["start-after"]
            : target["marker"];
        var asked = int.Parse(target["max-keys"] ?? "1000", CultureInfo.InvariantCulture);
        var most = (int)Math.Min(asked, context.Switches.Number("largestPage"));
        var encodes = target["encoding-type"] == "url";
        var rows = new List<(string Key, S3Object? Object)>();
        var more = false;
        lock (store.Gate)
        {
            var bucket = store.Bucket(target.Bucket);
            foreach (var key in bucket.Objects.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                if (bucket.Find(key) is not { } found)
                    continue;
                var cut = delimiter.Length > 0 ? key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal) : -1;
                var name = cut < 0 ? key : key[..(cut + delimiter.Length)];
                if (after is not null && string.CompareOrdinal(name, after) <= 0)
                    continue;
                if (rows.Count > 0 && rows[^1].Key == name && rows[^1].Object is null)
                    continue;
                if (rows.Count == most)
                {
                    more = true;
                    break;
                }

                rows.Add((name, cut < 0 ? found : null));
            }
        }

        string Shown(string bytes) => encodes ? S3Target.Encoded(bytes, slash: false) : S3Target.Text(bytes);
        var inner = new StringBuilder(S3Call.Element("Name", target.Bucket)).Append(S3Call.Element("Prefix", Shown(prefix)))
            .Append(delimiter.Length > 0 ? S3Call.Element("Delimiter", Shown(delimiter)) : "").Append(S3Call.Element("MaxKeys", $"{asked}"))
            .Append(encodes ? S3Call.Element("EncodingType", "url") : "").Append(S3Call.Element("IsTruncated", more ? "true" : "false"));
        _ = second ? inner.Append(S3Call.Element("KeyCount", $"{rows.Count}")) : inner.Append(S3Call.Element("Marker", Shown(after ?? "")));
        if (more)
        {
            _ = inner.Append(second
                ? S3Call.Element("NextContinuationToken", Convert.ToBase64String(Encoding.Latin1.GetBytes(rows[^1].Key)))
                : S3Call.Element("NextMarker", Shown(rows[^1].Key)));
        }

        foreach (var (key, found) in rows)
        {
            _ = found is null
                ? inner.Append("<CommonPrefixes>").Append(S3Call.Element("Prefix", Shown(key))).Append("</CommonPrefixes>")
                : inner.Append("<Contents>").Append(S3Call.Element("Key", Shown(key)))
                    .Append(S3Call.Element("LastModified", S3Call.Time(found.Modified))).Append(S3Call.Element("ETag", $"\"{found.Tag}\""))
                    .Append(S3Call.Element("Size", $"{found.Size}")).Append(S3Call.Element("StorageClass", found.StorageClass))
                    .Append("</Contents>");
        }

        return call.AnswerAsync("ListBucketResult", inner.ToString());
    }
}
