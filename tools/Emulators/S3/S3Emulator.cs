using System.Text.Json;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Control.OAuth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.S3;

/// <summary>A store that speaks S3: buckets by path, signatures of version 4, listings, uploads by parts, versions, checksums.</summary>
internal sealed class S3Emulator : Emulator
{
    private EmulatorContext _context = null!;
    private S3Store _store = null!;
    private S3Signature _signature = null!;
    private S3Objects _objects = null!;
    private S3Multipart _multipart = null!;
    private S3Lists _lists = null!;

    public override string Name => "s3";

    public override IReadOnlyDictionary<string, object?> DefaultSwitches { get; } = new Dictionary<string, object?>
    {
        ["checksums"] = true,
        ["refuseChecksums"] = false,
        ["streaming"] = true,
        ["conditions"] = "known",
        ["md5Tags"] = true,
        ["equalParts"] = false,
        ["smallestPart"] = 5L << 20,
        ["largestPage"] = 1000L,
        ["skewSeconds"] = 900L,
        ["expiredKeys"] = false,
        ["redirects"] = false,
        ["deny"] = null,
        ["sink"] = false,
    };

    /// <summary>S3 has keys and no sign-in pages: nothing leads to these.</summary>
    public override OAuthProfile OAuth { get; } = new()
    {
        Brand = "Emulated S3",
        AuthorizePath = "/_control/oauth/authorize",
        TokenPath = "/_control/oauth/token",
        Scopes = new Dictionary<string, string>(),
        GivesRefreshToken = (_, _) => false,
    };

    public override void Map(WebApplication app, EmulatorContext context)
    {
        _context = context;
        _store = new S3Store(context);
        _signature = new S3Signature(context);
        var body = new S3Body(context);
        _objects = new S3Objects(_store, body, context);
        _multipart = new S3Multipart(_store, body, _objects, context);
        _lists = new S3Lists(_store, context);
        app.MapGet(
            "/_control/s3/keys",
            () => context.Options.Accounts.Select(account => (account.Email, Key: S3Signature.KeyOf(account)))
                .Select(one => new { one.Email, one.Key.Id, one.Key.Secret }));
        app.MapFallback("{**path}", RunAsync);
    }

    public override async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (_context.Options.Demo)
            await new S3Seeder(_store, _context).SeedAsync(S3Seeder.Demo(_context.Options.Accounts[0].Email), cancellationToken);
    }

    public override void Reset()
    {
        lock (_store.Gate)
            _store.Reset();
    }

    public override Task<object> SeedAsync(JsonElement description, CancellationToken cancellationToken)
    {
        try
        {
            var body = description.Deserialize<S3SeedBody>(JsonSerializerOptions.Web)!;
            return new S3Seeder(_store, _context).SeedAsync(body, cancellationToken);
        }
        catch (JsonException exception)
        {
            throw new ControlException(exception.Message);
        }
    }

    public override void ExpireSessions()
    {
        lock (_store.Gate)
        {
            foreach (var upload in _store.Uploads.Values.ToList())
                _store.End(upload);
        }
    }

    public override void ExpireDownloadUrls()
    {
        // Objects have no addresses of their own.
    }

    public override void SetQuota(string? account, long? bytes)
    {
        lock (_store.Gate)
            _store.SetQuota(account, bytes);
    }

    public override object ErrorBody(int status, string? reason, string? message) =>
        S3Exception.Text(reason ?? "InternalError", message ?? "A fault.", Ids.Random(16));

    /// <summary>The objects of a bucket: keys, contents and what else a test compares.</summary>
    public async Task<IReadOnlyList<(string Key, string Sha256, S3Object Object)>> ObjectsAsync(string bucket)
    {
        List<(string Key, S3Object Object)> all;
        lock (_store.Gate)
        {
            all = [.. _store.Bucket(bucket).Objects
                .Select(pair => (S3Target.Text(pair.Key), _store.Bucket(bucket).Find(pair.Key)!)).Where(one => one.Item2 is not null)];
        }

        var found = new List<(string, string, S3Object)>();
        foreach (var (key, one) in all)
            found.Add((key, await Sha256Async(one.Content!), one));
        return found;
    }

    /// <summary>How many uploads by parts are open.</summary>
    public int OpenUploads
    {
        get
        {
            lock (_store.Gate)
                return _store.Uploads.Count;
        }
    }

    private static async Task<string> Sha256Async(StoredContent content)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        var buffer = new byte[256 * 1024];
        for (long at = 0; at < content.Length;)
        {
            var read = await content.ReadAsync(at, buffer, CancellationToken.None);
            hash.AppendData(buffer, 0, read);
            at += read;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task RunAsync(HttpContext http)
    {
        var id = Ids.Random(16);
        http.Response.Headers["x-amz-request-id"] = id;
        http.Response.Headers.Date = _store.Now.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            var target = S3Target.Of(http);
            var (operation, handle) = Route(http, target);
            http.Journal().Operation = operation;
            var signed = _signature.Check(http, target);
            http.Journal().Account = signed.Account.Email;
            if (_context.Switches.Text("deny")?.Split(',').Contains(operation) == true)
                throw new S3Exception("AccessDenied");
            CheckBucket(operation, target, signed);
            await handle(new S3Call(http, target, signed));
        }
        catch (S3Exception exception)
        {
            // A client that still sends would see a reset in place of the answer.
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            http.Response.StatusCode = exception.Status;
            // Amazon names the region in this header only where the answer is a redirect, or has no body.
            if (exception.More.FirstOrDefault(one => one.Name == "Region") is { Value: { } region }
                && (exception.Code == "PermanentRedirect" || HttpMethods.IsHead(http.Request.Method)))
                http.Response.Headers["x-amz-bucket-region"] = region;
            http.Response.ContentType = "application/xml";
            if (!HttpMethods.IsHead(http.Request.Method))
                await http.Response.WriteAsync(exception.Body(id), http.RequestAborted);
        }
    }

    private void CheckBucket(string operation, S3Target target, S3Signed signed)
    {
        if (target.Bucket.Length == 0 || operation == "CreateBucket")
            return;
        lock (_store.Gate)
        {
            var bucket = _store.Bucket(target.Bucket);
            if (bucket.Region != signed.Region)
            {
                throw new S3Exception(
                    _context.Switches.IsOn("redirects") ? "PermanentRedirect" : "AuthorizationHeaderMalformed", null,
                    $"The region '{signed.Region}' is wrong; expecting '{bucket.Region}'", ("Region", bucket.Region));
            }

            if (bucket.Owner != signed.Account)
                throw new S3Exception("AccessDenied");
        }
    }

    /// <summary>What stores have beside content, and this one does not.</summary>
    private static readonly string[] Missing =
    [
        "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle",
        "logging", "metrics", "notification", "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock",
        "replication", "requestPayment", "restore", "retention", "select", "tagging", "torrent", "website",
    ];

    private (string Operation, Func<S3Call, Task> Handle) Route(HttpContext http, S3Target target)
    {
        bool Has(string name) => target[name] is not null;
        // Else the tags of an object would be taken for its content.
        if (Array.Exists(Missing, Has))
            throw new S3Exception("NotImplemented");
        var copies = http.Request.Headers.ContainsKey("x-amz-copy-source");
        return (http.Request.Method, target.Bucket.Length > 0, target.Key.Length > 0) switch
        {
            ("GET", false, _) => ("ListBuckets", _lists.BucketsAsync),
            ("PUT", true, false) when target.Query.Count == 0 || Has("x-id") => ("CreateBucket", _lists.CreateBucketAsync),
            ("HEAD", true, false) => ("HeadBucket", _ => Task.CompletedTask),
            ("DELETE", true, false) => ("DeleteBucket", _lists.DeleteBucketAsync),
            ("GET", true, false) when Has("location") => ("GetBucketLocation", _lists.LocationAsync),
            ("GET", true, false) when Has("versioning") => ("GetBucketVersioning", _lists.VersioningAsync),
            ("GET", true, false) when Has("versions") => ("ListObjectVersions", _lists.VersionsAsync),
            ("GET", true, false) when Has("uploads") => ("ListMultipartUploads", _multipart.ListUploadsAsync),
            ("GET", true, false) => (target["list-type"] == "2" ? "ListObjectsV2" : "ListObjects", _lists.ObjectsAsync),
            ("POST", true, false) when Has("delete") => ("DeleteObjects", _objects.DeleteManyAsync),
            ("POST", true, true) when Has("uploads") => ("CreateMultipartUpload", _multipart.BeginAsync),
            ("POST", true, true) when Has("uploadId") => ("CompleteMultipartUpload", _multipart.CompleteAsync),
            ("PUT", true, true) when Has("uploadId") => (copies ? "UploadPartCopy" : "UploadPart", _multipart.PutAsync),
            ("GET", true, true) when Has("uploadId") => ("ListParts", _multipart.ListPartsAsync),
            ("DELETE", true, true) when Has("uploadId") => ("AbortMultipartUpload", _multipart.AbortAsync),
            ("PUT", true, true) => copies ? ("CopyObject", _objects.CopyAsync) : ("PutObject", _objects.PutAsync),
            ("GET", true, true) => ("GetObject", _objects.GetAsync),
            ("HEAD", true, true) => ("HeadObject", _objects.GetAsync),
            ("DELETE", true, true) => ("DeleteObject", _objects.DeleteAsync),
            _ => throw new S3Exception("NotImplemented"),
        };
    }
}
