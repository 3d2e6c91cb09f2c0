using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>Turns the store's answers about objects into items and entries.</summary>
internal static class S3Items
{
    /// <summary>Where the time of change is kept, as rclone and others do: seconds since 1970 with a fraction.</summary>
    public const string TimeName = "mtime";

    private const int Md5Digits = 32;
    private const int FractionDigits = 7;
    private const string UnknownType = "binary/octet-stream";

    public static SourceItem ToSource(S3Key key, GetObjectMetadataResponse found) => new(key.ToString(), key.Name, StorageItemKind.File)
    {
        Size = found.ContentLength,
        Pin = PinOf(found.ETag, found.VersionId),
        OutlivesChange = Read(PinOf(found.ETag, found.VersionId)).Version is not null,
        Modified = ModifiedOf(found),
        MediaType = found.Headers.ContentType is { Length: > 0 } type && type != UnknownType ? type : null,
        Digests = DigestsOf(found),
        Skip = IsArchived(found.StorageClass) && found.RestoreExpiration is null
            ? "It is in an archive of the storage, and has to be restored there first."
            : null,
    };

    public static SinkEntry ToSink(S3Key key, GetObjectMetadataResponse found) => new(key.ToString(), key.Name, StorageItemKind.File)
    {
        Size = found.ContentLength,
        Pin = PinOf(found.ETag, found.VersionId),
        Modified = ModifiedOf(found),
        Digests = DigestsOf(found),
    };

    public static SourceItem FolderOf(S3Key key) => new(key.ToString(), key.Name, StorageItemKind.Folder);

    /// <summary>The tag, which is compared at reading, and where the bucket keeps versions the version's id.</summary>
    public static string PinOf(string? tag, string? version) =>
        version is { Length: > 0 } and not "null" ? $"{Bare(tag)}\n{version}" : Bare(tag);

    public static (string Tag, string? Version) Read(string pin) =>
        pin.Split('\n') is [var tag, var version] ? (tag, version) : (pin, null);

    public static string Bare(string? tag) => tag?.Trim('"') ?? "";

    /// <summary>Lower-case hexadecimal; null: the tag is no MD5.</summary>
    public static string? Md5Of(string? tag) =>
        Bare(tag) is { Length: Md5Digits } bare && bare.All(char.IsAsciiHexDigit) ? bare.ToLowerInvariant() : null;

    /// <summary>Whether a tag may be an MD5: where objects are encrypted with keys of their owners, it is anything.</summary>
    public static bool HasMd5Tag(ServerSideEncryptionMethod? method) => method is null || string.IsNullOrEmpty(method.Value)
        || method == ServerSideEncryptionMethod.None || method == ServerSideEncryptionMethod.AES256;

    /// <summary>Null: the store has none of the whole object.</summary>
    public static string? Sha256Of(string? checksum, ChecksumType? type)
    {
        // That of several parts is a digest of their digests, with their number behind it.
        if (string.IsNullOrEmpty(checksum) || type == ChecksumType.COMPOSITE || checksum.Contains('-', StringComparison.Ordinal))
            return null;
        Span<byte> bytes = stackalloc byte[33];
        return Convert.TryFromBase64String(checksum, bytes, out var length) && length == 32
            ? Convert.ToHexStringLower(bytes[..length])
            : null;
    }

    public static string TimeText(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        var (seconds, fraction) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
        if (fraction < 0)
            (seconds, fraction) = (seconds - 1, fraction + TimeSpan.TicksPerSecond);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds}.{fraction:D7}").TrimEnd('0').TrimEnd('.');
    }

    /// <summary>Null: it is no time.</summary>
    public static DateTimeOffset? TimeOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var parts = text.Split('.');
        if (parts.Length > 2
            || !long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            || seconds is < -62_135_596_800 or > 253_402_300_799)
            return null;
        var fraction = 0;
        if (parts.Length == 2 && (!parts[1].All(char.IsAsciiDigit) || parts[1].Length == 0
            || !int.TryParse(parts[1].PadRight(FractionDigits, '0')[..FractionDigits], CultureInfo.InvariantCulture, out fraction)))
            return null;
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(fraction);
    }

    /// <summary>Such objects cannot be read before they are restored.</summary>
    public static bool IsArchived(S3StorageClass? kind) => kind == S3StorageClass.Glacier || kind == S3StorageClass.DeepArchive;

    public static DateTimeOffset? TimeOf(DateTime? time) =>
        time is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at.ToUniversalTime(), DateTimeKind.Utc)) : null;

    private static DateTimeOffset? ModifiedOf(GetObjectMetadataResponse found) =>
        TimeOf(found.Metadata[TimeName]) ?? TimeOf(found.LastModified);

    private static Dictionary<DigestKind, string> DigestsOf(GetObjectMetadataResponse found)
    {
        var digests = new Dictionary<DigestKind, string>();
        if (Sha256Of(found.ChecksumSHA256, found.ChecksumType) is { } sha256)
            digests[DigestKind.Sha256] = sha256;
        if (HasMd5Tag(found.ServerSideEncryptionMethod) && Md5Of(found.ETag) is { } md5)
            digests[DigestKind.Md5] = md5;
        return digests;
    }
}
