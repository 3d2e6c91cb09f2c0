using System.Text;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>
/// An object, or a folder, which is a prefix of keys: <c>bucket/key</c>, where a slash at the end means a folder. An id from a user leads
/// to nothing outside of the connection's bucket and prefix, and no request names a key that a client could resolve to another one.
/// </summary>
internal sealed record S3Key(string Bucket, string Key)
{
    public const int LongestKey = 1024;

    /// <summary>The place of the connection, for requests that name none.</summary>
    private const string Root = "root";

    public bool IsFolder => Key.Length == 0 || Key[^1] == '/';

    public string Name
    {
        get
        {
            var key = IsFolder && Key.Length > 0 ? Key[..^1] : Key;
            return key.Length == 0 ? Bucket : key[(key.LastIndexOf('/') + 1)..];
        }
    }

    /// <summary>The folder of the connection; null: all buckets.</summary>
    public static S3Key? PlaceOf(S3Settings settings) => settings.Bucket is { } bucket ? new S3Key(bucket, settings.Prefix) : null;

    /// <summary>Null: it is no id of this connection.</summary>
    public static S3Key? Parse(string id, S3Settings settings)
    {
        if (id == Root)
            return PlaceOf(settings);
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
            return null;
        var found = new S3Key(id[..slash], id[(slash + 1)..]);
        return S3Settings.IsBucket(found.Bucket) && (settings.Bucket is null || settings.Bucket == found.Bucket)
            && found.Key.StartsWith(settings.Prefix, StringComparison.Ordinal) && found.IsUsable
            ? found
            : null;
    }

    public S3Key Child(string name) => new(Bucket, Key + name);

    public S3Key Folder(string name) => new(Bucket, $"{Key}{name}/");

    /// <summary>Whether the key can be named in a request and is within the length that stores take.</summary>
    public bool IsUsable => Encoding.UTF8.GetByteCount(Key) <= LongestKey
        && (Key.Length == 0 || S3Settings.IsPlain(IsFolder ? Key[..^1] : Key));

    /// <summary>Returns why a bucket will refuse a file.</summary>
    public static string? RefusalOf(PlannedFile file)
    {
        var slash = file.Target.IndexOf('/', StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetByteCount(file.Target[(slash + 1)..]) + Encoding.UTF8.GetByteCount(file.Path);
        return slash >= 0 && bytes > LongestKey
            ? $"Its key would have {bytes} bytes; a bucket takes {LongestKey}."
            : null;
    }

    /// <summary>A name as a part of a key: what it cannot have becomes what looks most like it.</summary>
    public static string NameOf(string name)
    {
        var safe = name.Replace('/', '／').Replace('\0', '␀').Replace('\uFFFD', '_');
        return safe switch { "" => "_", "." => "．", ".." => "．．", _ => safe };
    }

    public override string ToString() => $"{Bucket}/{Key}";
}
