using System.Globalization;
using System.Security.Cryptography;
using System.Xml.Linq;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.S3;

/// <summary>Uploads by parts.</summary>
internal sealed class S3Multipart(S3Store store, S3Body body, S3Objects objects, EmulatorContext context)
{
    private const int MostParts = 10_000;
    private const int PartsOfPage = 1000;
    private const string Checksum = "x-amz-checksum-";

    public async Task BeginAsync(S3Call call)
    {
        S3Objects.CheckKey(call.Target.Key);
        var algorithm = call.Header("x-amz-checksum-algorithm")?.ToLowerInvariant();
        if (algorithm is not null && context.Switches.IsOn("refuseChecksums"))
            throw new S3Exception("NotImplemented");
        if (!context.Switches.IsOn("checksums"))
            algorithm = null;
        S3Upload upload;
        lock (store.Gate)
        {
            var bucket = store.Bucket(call.Target.Bucket);
            upload = new S3Upload(Ids.Random(40), bucket, call.Target.Key, objects.TargetOf(call), algorithm, store.Now);
            store.Uploads[upload.Id] = upload;
        }

        if (algorithm is not null)
        {
            call.Http.Response.Headers["x-amz-checksum-algorithm"] = algorithm.ToUpperInvariant();
            call.Http.Response.Headers["x-amz-checksum-type"] = "COMPOSITE";
        }

        await call.AnswerAsync(
            "InitiateMultipartUploadResult",
            S3Call.Element("Bucket", upload.Bucket.Name) + S3Call.Element("Key", S3Target.Text(upload.Key))
            + S3Call.Element("UploadId", upload.Id));
    }

    public async Task PutAsync(S3Call call)
    {
        if (!int.TryParse(call.Target["partNumber"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number is < 1 or > MostParts)
            throw new S3Exception("InvalidArgument");
        lock (store.Gate)
        {
            _ = Find(call);
            store.CheckRoom(call.Account, call.Http.Request.ContentLength ?? 0);
        }

        var copies = call.Header("x-amz-copy-source") is not null;
        var received = copies ? await CopiedAsync(call) : await body.ReceiveAsync(call.Http, call.Signed, objects.Discards);
        var part = new S3Object(objects.TagOf(received.Content), received.Content, store.Now) { Checksum = received.Checksum };
        lock (store.Gate)
        {
            // It may have ended while the body came.
            if (!store.Uploads.ContainsKey(call.Target["uploadId"]!))
            {
                received.Content.Release();
                throw new S3Exception("NoSuchUpload");
            }

            var upload = Find(call);
            if (upload.Parts.Remove(number, out var former))
                former.Content?.Release();
            upload.Parts[number] = part;
        }

        if (copies)
        {
            await call.AnswerAsync(
                "CopyPartResult", S3Call.Element("LastModified", S3Call.Time(part.Modified)) + S3Call.Element("ETag", $"\"{part.Tag}\""));
            return;
        }

        objects.Describe(call, part, withChecksum: true);
        _ = call.Http.Response.Headers.Remove("x-amz-checksum-type");
    }

    public async Task ListPartsAsync(S3Call call)
    {
        List<(int Number, S3Object Part)> page;
        S3Upload upload;
        var after = int.Parse(call.Target["part-number-marker"] ?? "0", CultureInfo.InvariantCulture);
        var most = Math.Min(
            int.Parse(call.Target["max-parts"] ?? "1000", CultureInfo.InvariantCulture),
            (int)Math.Min(PartsOfPage, context.Switches.Number("largestPage")));
        bool more;
        lock (store.Gate)
        {
            upload = Find(call);
            var rest = upload.Parts.Where(pair => pair.Key > after).ToList();
            page = [.. rest.Take(most).Select(pair => (pair.Key, pair.Value))];
            more = rest.Count > most;
        }

        await call.AnswerAsync(
            "ListPartsResult",
            S3Call.Element("Bucket", upload.Bucket.Name) + S3Call.Element("Key", S3Target.Text(upload.Key))
            + S3Call.Element("UploadId", upload.Id) + S3Call.Element("PartNumberMarker", $"{after}")
            + (more ? S3Call.Element("NextPartNumberMarker", $"{page[^1].Number}") : "") + S3Call.Element("MaxParts", $"{most}")
            + S3Call.Element("IsTruncated", more ? "true" : "false")
            + (upload.Algorithm is { } algorithm ? S3Call.Element("ChecksumAlgorithm", algorithm.ToUpperInvariant()) : "")
            + string.Concat(page.Select(one => "<Part>" + S3Call.Element("PartNumber", $"{one.Number}")
                + S3Call.Element("LastModified", S3Call.Time(one.Part.Modified)) + S3Call.Element("ETag", $"\"{one.Part.Tag}\"")
                + S3Call.Element("Size", $"{one.Part.Size}")
                + (one.Part.Checksum is { } sum ? S3Call.Element(ElementOf(sum.Name), sum.Value) : "") + "</Part>")));
    }

    public async Task CompleteAsync(S3Call call)
    {
        var xml = await call.XmlAsync();
        var wanted = xml.Elements("Part").ToList();
        S3Object made;
        lock (store.Gate)
        {
            var upload = Find(call);
            objects.CheckWrite(call, upload.Bucket);
            var parts = Chosen(upload, wanted);
            var tag = Convert.ToHexStringLower(Md5(parts.SelectMany(part => Convert.FromHexString(part.Tag)).ToArray()));
            made = S3Store.Put(upload.Bucket, upload.Key, upload.Target with
            {
                Tag = $"{tag}-{parts.Count}",
                Content = new JoinedContent([.. parts.Select(part => part.Content!)]),
                Modified = store.Now,
                Checksum = CompositeOf(upload, parts),
                IsComposite = true,
            });
            store.End(upload);
        }

        if (made.Version is { } version)
            call.Http.Response.Headers["x-amz-version-id"] = version;
        await call.AnswerAsync(
            "CompleteMultipartUploadResult",
            S3Call.Element("Location", $"/{call.Target.Bucket}/{S3Target.Text(call.Target.Key)}")
            + S3Call.Element("Bucket", call.Target.Bucket) + S3Call.Element("Key", S3Target.Text(call.Target.Key))
            + S3Call.Element("ETag", $"\"{made.Tag}\"")
            + (made.Checksum is { } sum
                ? S3Call.Element(ElementOf(sum.Name), sum.Value) + S3Call.Element("ChecksumType", "COMPOSITE")
                : ""));
    }

    public Task AbortAsync(S3Call call)
    {
        lock (store.Gate)
            store.End(Find(call));
        call.Http.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    public Task ListUploadsAsync(S3Call call)
    {
        List<S3Upload> all;
        lock (store.Gate)
        {
            all = [.. store.Uploads.Values.Where(one => one.Bucket.Name == call.Target.Bucket
                && one.Key.StartsWith(call.Target["prefix"] ?? "", StringComparison.Ordinal))];
        }

        return call.AnswerAsync(
            "ListMultipartUploadsResult",
            S3Call.Element("Bucket", call.Target.Bucket) + S3Call.Element("IsTruncated", "false")
            + string.Concat(all.Select(one => "<Upload>" + S3Call.Element("Key", S3Target.Text(one.Key))
                + S3Call.Element("UploadId", one.Id) + S3Call.Element("Initiated", S3Call.Time(one.At)) + "</Upload>")));
    }

    private S3Upload Find(S3Call call) =>
        store.Upload(call.Target["uploadId"]!, store.Bucket(call.Target.Bucket), call.Target.Key);

    private List<S3Object> Chosen(S3Upload upload, List<XElement> wanted)
    {
        if (wanted.Count == 0)
            throw new S3Exception("MalformedXML");
        var parts = new List<S3Object>();
        var former = 0;
        foreach (var one in wanted)
        {
            if (!int.TryParse(one.Element("PartNumber")?.Value, out var number) || number <= former)
                throw new S3Exception("InvalidPartOrder");
            former = number;
            if (!upload.Parts.TryGetValue(number, out var part) || one.Element("ETag")?.Value.Trim('"') != part.Tag
                || (upload.Algorithm is not null && part.Checksum is { } sum
                    && one.Element(ElementOf(sum.Name))?.Value is { } named && named != sum.Value))
                throw new S3Exception("InvalidPart");
            parts.Add(part);
        }

        if (parts.SkipLast(1).Any(part => part.Size < context.Switches.Number("smallestPart")))
            throw new S3Exception("EntityTooSmall");
        // As Cloudflare's store wants them.
        if (context.Switches.IsOn("equalParts") && parts.SkipLast(1).Any(part => part.Size != parts[0].Size))
            throw new S3Exception("InvalidPart", message: "All non-trailing parts must have the same length.");
        return parts;
    }

    private async Task<S3Received> CopiedAsync(S3Call call)
    {
        var (bucket, key, version) = S3Objects.SourceOf(call);
        StoredContent content;
        lock (store.Gate)
        {
            var source = S3Objects.Find(objects.OwnBucket(call, bucket), key, version);
            S3Objects.CheckSource(call, source);
            content = source.Content!.Retain();
        }

        try
        {
            var range = ByteRange.Parse(call.Header("x-amz-copy-source-range"), content.Length, out var satisfiable)
                ?? new ByteRange(0, content.Length - 1);
            if (!satisfiable)
                throw new S3Exception("InvalidRange");
            await using var writer = context.Content.Create(objects.Discards);
            var buffer = new byte[256 * 1024];
            for (var at = range.From; at <= range.To;)
            {
                var read = await content.ReadAsync(at, buffer.AsMemory(0, (int)Math.Min(buffer.Length, range.To - at + 1)), call.Stop);
                await writer.AppendAsync(buffer.AsMemory(0, read), call.Stop);
                at += read;
            }

            return new S3Received(writer.Finish(), null);
        }
        finally
        {
            content.Release();
        }
    }

    private static (string Name, string Value)? CompositeOf(S3Upload upload, List<S3Object> parts)
    {
        if (upload.Algorithm != "sha256" || parts.Any(part => part.Checksum?.Name != Checksum + "sha256"))
            return null;
        var all = SHA256.HashData([.. parts.SelectMany(part => Convert.FromBase64String(part.Checksum!.Value.Value))]);
        return (Checksum + "sha256", $"{Convert.ToBase64String(all)}-{parts.Count}");
    }

    /// <summary>The name in XML of a checksum's header.</summary>
    private static string ElementOf(string header) => "Checksum" + header[Checksum.Length..].ToUpperInvariant();

#pragma warning disable CA5351 // Tags are MD5 by the protocol.
    private static byte[] Md5(byte[] bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
}
