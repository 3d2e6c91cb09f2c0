using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.S3;

/// <summary>A content of an object, or a mark that says that it was deleted.</summary>
internal sealed record S3Object(string Tag, StoredContent? Content, DateTimeOffset Modified)
{
    /// <summary>Null in buckets that keep no versions.</summary>
    public string? Version { get; init; }

    public string ContentType { get; init; } = "binary/octet-stream";

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The name of the checksum's header and its value, as clients have sent them.</summary>
    public (string Name, string Value)? Checksum { get; init; }

    /// <summary>Gets a value that indicates whether the checksum is one of the parts' checksums.</summary>
    public bool IsComposite { get; init; }

    public string StorageClass { get; init; } = "STANDARD";

    public long Size => Content?.Length ?? 0;

    public bool IsDeleted => Content is null;
}

/// <summary>A bucket. Keys are bytes: a character of a string here is one of them.</summary>
internal sealed class S3Bucket(string name, EmulatedAccount owner, string region, DateTimeOffset madeAt)
{
    public string Name => name;

    public EmulatedAccount Owner => owner;

    public string Region => region;

    public DateTimeOffset MadeAt => madeAt;

    public bool Versioning { get; set; }

    /// <summary>The newest version first.</summary>
    public SortedDictionary<string, List<S3Object>> Objects { get; } = new(StringComparer.Ordinal);

    public S3Object? Find(string key) =>
        Objects.TryGetValue(key, out var versions) && versions is [{ IsDeleted: false } newest, ..] ? newest : null;
}

/// <summary>An upload by parts.</summary>
internal sealed class S3Upload(string id, S3Bucket bucket, string key, S3Object target, string? algorithm, DateTimeOffset at)
{
    public string Id => id;

    public S3Bucket Bucket => bucket;

    public string Key => key;

    /// <summary>What the object will have besides its content.</summary>
    public S3Object Target => target;

    /// <summary>Of its checksums; null means none.</summary>
    public string? Algorithm => algorithm;

    public DateTimeOffset At => at;

    public SortedDictionary<int, S3Object> Parts { get; } = [];
}

/// <summary>All buckets and uploads. Whoever uses it holds <see cref="Gate"/>.</summary>
internal sealed class S3Store(EmulatorContext context)
{
    private readonly Dictionary<string, long?> _quotas = [];

    public Lock Gate { get; } = new();

    public SortedDictionary<string, S3Bucket> Buckets { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, S3Upload> Uploads { get; } = [];

    public DateTimeOffset Now => context.Clock.GetUtcNow();

    public S3Bucket Bucket(string name) => Buckets.GetValueOrDefault(name) ?? throw new S3Exception("NoSuchBucket");

    public S3Upload Upload(string id, S3Bucket bucket, string key) =>
        Uploads.TryGetValue(id, out var upload) && upload.Bucket == bucket && upload.Key == key
            ? upload
            : throw new S3Exception("NoSuchUpload");

    /// <summary>Makes it the newest version, or the only one.</summary>
    public static S3Object Put(S3Bucket bucket, string key, S3Object made)
    {
        if (!bucket.Objects.TryGetValue(key, out var versions))
            bucket.Objects[key] = versions = [];
        if (bucket.Versioning)
        {
            made = made with { Version = Ids.Random(32) };
        }
        else
        {
            versions.ForEach(one => one.Content?.Release());
            versions.Clear();
        }

        versions.Insert(0, made);
        return made;
    }

    /// <returns>The mark of deletion, or what was removed; null if there was nothing.</returns>
    public S3Object? Delete(S3Bucket bucket, string key, string? version)
    {
        if (!bucket.Objects.TryGetValue(key, out var versions))
            return null;
        if (version is null && bucket.Versioning)
            return Put(bucket, key, new S3Object("", null, Now));
        var gone = version is null ? versions[0] : versions.Find(one => (one.Version ?? "null") == version);
        if (gone is null)
            return null;
        _ = versions.Remove(gone);
        gone.Content?.Release();
        if (versions.Count == 0)
            _ = bucket.Objects.Remove(key);
        return gone;
    }

    public void SetQuota(string? account, long? bytes)
    {
        foreach (var one in context.Options.Accounts.Where(one => account is null || one.Email == account))
            _quotas[one.Email] = bytes;
    }

    public void CheckRoom(EmulatedAccount account, long more)
    {
        if (_quotas.GetValueOrDefault(account.Email) is not { } most)
            return;
        var used = Buckets.Values.Where(bucket => bucket.Owner == account).SelectMany(bucket => bucket.Objects.Values)
            .SelectMany(versions => versions).Sum(one => one.Size)
            + Uploads.Values.Where(upload => upload.Bucket.Owner == account).Sum(upload => upload.Parts.Values.Sum(part => part.Size));
        if (used + more > most)
            throw new S3Exception("QuotaExceeded");
    }

    public void End(S3Upload upload)
    {
        _ = Uploads.Remove(upload.Id);
        foreach (var part in upload.Parts.Values)
            part.Content?.Release();
    }

    public void Reset()
    {
        Buckets.Clear();
        Uploads.Clear();
        _quotas.Clear();
    }
}

/// <summary>Contents one after another. S3 knows no digest of all of them.</summary>
internal sealed class JoinedContent : StoredContent
{
    private readonly IReadOnlyList<StoredContent> _parts;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public JoinedContent(IReadOnlyList<StoredContent> parts)
        : base(parts.Sum(part => part.Length))
    {
        _parts = [.. parts.Select(part => part.Retain())];
        Hashes = new ContentHashes("", "", "");
    }

    public override bool IsReadable => _parts.All(part => part.IsReadable);

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        foreach (var part in _parts)
        {
            if (offset < part.Length)
                return await part.ReadAsync(offset, buffer[..(int)Math.Min(buffer.Length, part.Length - offset)], cancellationToken);
            offset -= part.Length;
        }

        return 0;
    }

    protected override void Remove()
    {
        foreach (var part in _parts)
            part.Release();
    }
}
