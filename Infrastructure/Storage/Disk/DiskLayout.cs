using System.Globalization;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The path of a stored file, <c>files/chunks/7f/12-7f3a…</c>: kind, shard, incarnation and 128 random bits. Nothing in it comes from a
/// client. The shard is the first random byte, so that each of the 256 folders holds its share.
/// </summary>
internal static class DiskLayout
{
    public const string Files = "files";
    public const string Trash = "trash";

    /// <summary>The suffix of a chunk that is not verified yet.</summary>
    public const string PartSuffix = ".part";

    public const int Shards = 256;

    private static readonly string[] ShardNames =
        [.. Enumerable.Range(0, Shards).Select(number => number.ToString("x2", CultureInfo.InvariantCulture))];

    public static readonly StoredFileKind[] Kinds = [StoredFileKind.Chunk, StoredFileKind.Segment, StoredFileKind.Assembly];

    public static string Folder(StoredFileKind kind) => kind switch
    {
        StoredFileKind.Chunk => "chunks",
        StoredFileKind.Segment => "segments",
        StoredFileKind.Assembly => "assemblies",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of stored file."),
    };

    public static string Shard(int number) => ShardNames[number];

    public static int ShardNumber(StoredFile file)
    {
        Span<byte> bytes = stackalloc byte[16];
        file.Unique.TryWriteBytes(bytes, bigEndian: true, out _);
        return bytes[0];
    }

    public static string Name(StoredFile file) => string.Create(CultureInfo.InvariantCulture, $"{file.Incarnation}-{file.Unique:N}");

    public static string PartName(StoredFile file) => Name(file) + PartSuffix;

    /// <summary>For messages: <c>chunks/7f/12-7f3a…</c>.</summary>
    public static string Describe(StoredFile file) => $"{Folder(file.Kind)}/{Shard(ShardNumber(file))}/{Name(file)}";

    /// <summary>Parses a name. A name that <see cref="Name"/> would not write in exactly this form is not ours.</summary>
    /// <param name="store">The store whose folder has the name.</param>
    public static bool TryParse(Guid store, StoredFileKind kind, ReadOnlySpan<char> name, out StoredFile file)
    {
        file = default;
        if (kind == StoredFileKind.Chunk && name.EndsWith(PartSuffix, StringComparison.Ordinal))
            name = name[..^PartSuffix.Length];
        var dash = name.IndexOf('-');
        if (dash < 1 ||
            !long.TryParse(name[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var incarnation) || incarnation <= 0 ||
            !Guid.TryParseExact(name[(dash + 1)..], "N", out var unique))
        {
            return false;
        }

        file = new StoredFile(store, kind, incarnation, unique);
        return name.SequenceEqual(Name(file));
    }
}
