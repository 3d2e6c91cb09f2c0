using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.S3;

/// <summary>A bucket and what it begins with.</summary>
internal sealed record S3SeedBody
{
    /// <summary>The owner's address; missing: the first account.</summary>
    public string? Account { get; init; }

    public required string Bucket { get; init; }

    public string Region { get; init; } = "us-east-1";

    public bool Versioning { get; init; }

    public IReadOnlyList<S3SeedObject> Objects { get; init; } = [];
}

/// <summary>An object: one of text, base64 and size.</summary>
internal sealed record S3SeedObject
{
    public string? Key { get; init; }

    /// <summary>For keys that are no text.</summary>
    public string? KeyBase64 { get; init; }

    public string? Text { get; init; }

    public string? Base64 { get; init; }

    public long? Size { get; init; }

    public string Generator { get; init; } = "mix";

    public ulong Seed { get; init; } = 1;

    public string? ContentType { get; init; }

    public string? StorageClass { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public DateTimeOffset? Modified { get; init; }
}

/// <summary>Fills buckets as descriptions say.</summary>
internal sealed class S3Seeder(S3Store store, EmulatorContext context)
{
    public static S3SeedBody Demo(string account) => new()
    {
        Account = account,
        Bucket = "survey-archive",
        Region = "us-east-1",
        Objects =
        [
            .. Enumerable.Range(1, 9).Select(n => File($"2026/dive-{n:D2}/sonar.xtf", 640_000 + (n * 7919L * 37 % 900_000))),
            .. Enumerable.Range(1, 9).Select(n => File($"2026/dive-{n:D2}/track.gpx", 4_000 + (n * 977L))),
            File("2025/mosaic.tif", 31_400_000), File("2025/readme.txt", 812), File("calibration.json", 2_117),
        ],
    };

    public async Task<object> SeedAsync(S3SeedBody body, CancellationToken cancellationToken)
    {
        var account = context.Options.Accounts.FirstOrDefault(one => body.Account is null || one.Email == body.Account)
            ?? throw new ControlException($"There is no account '{body.Account}'.");
        S3Bucket bucket;
        lock (store.Gate)
        {
            if (!store.Buckets.TryGetValue(body.Bucket, out bucket!))
                store.Buckets[body.Bucket] = bucket = new S3Bucket(body.Bucket, account, body.Region, store.Now);
            bucket.Versioning |= body.Versioning;
        }

        foreach (var one in body.Objects)
        {
            var content = one switch
            {
                { Size: { } size } => await ContentStore.GenerateAsync(one.Generator, one.Seed, size, cancellationToken),
                { Base64: { } text } => await context.Content.AddAsync(Convert.FromBase64String(text), cancellationToken),
                _ => await context.Content.AddAsync(System.Text.Encoding.UTF8.GetBytes(one.Text ?? ""), cancellationToken),
            };
            var key = one.KeyBase64 is { } bytes
                ? System.Text.Encoding.Latin1.GetString(Convert.FromBase64String(bytes))
                : S3Target.Bytes(one.Key ?? throw new ControlException("An object needs key or keyBase64."));
            lock (store.Gate)
            {
                _ = S3Store.Put(bucket, key, new S3Object(content.Hashes.Md5, content, one.Modified ?? store.Now)
                {
                    ContentType = one.ContentType ?? "binary/octet-stream",
                    Metadata = one.Metadata ?? new Dictionary<string, string>(),
                    StorageClass = one.StorageClass ?? "STANDARD",
                });
            }
        }

        var (id, secret) = S3Signature.KeyOf(account);
        return new { bucket = bucket.Name, accessKeyId = id, secretAccessKey = secret };
    }

    private static S3SeedObject File(string key, long size) => new() { Key = key, Size = size, Seed = (ulong)size };
}
