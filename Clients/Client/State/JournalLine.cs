using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChunkUpload.Client.State;

/// <summary>A line of a journal's file. The first line has the header; the others have a change or an acknowledgement each.</summary>
internal sealed record JournalLine
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("version")]
    public int? Version { get; init; }

    /// <summary>Header: the id of the folder.</summary>
    [JsonPropertyName("folder")]
    public Guid? Folder { get; init; }

    /// <summary>Header: the identity of a folder without a marker file.</summary>
    [JsonPropertyName("root")]
    public ulong[]? Root { get; init; }

    /// <summary>The number of the change.</summary>
    [JsonPropertyName("n")]
    public long Number { get; init; }

    [JsonPropertyName("p")]
    public string? Path { get; init; }

    [JsonPropertyName("s")]
    public long Size { get; init; }

    [JsonPropertyName("t")]
    public long Modified { get; init; }

    [JsonPropertyName("m")]
    public int? Mode { get; init; }

    [JsonPropertyName("i")]
    public ulong[]? Identity { get; init; }

    [JsonPropertyName("h")]
    public byte[]? Sha256 { get; init; }

    [JsonPropertyName("new")]
    public bool IsNew { get; init; }

    [JsonPropertyName("from")]
    public string? From { get; init; }

    /// <summary>Gets a value that indicates whether the entry was removed, which must be reported to the follower.</summary>
    [JsonPropertyName("gone")]
    public bool IsGone { get; init; }

    /// <summary>Gets a value that indicates whether the entry has left this path for another one, whose line follows.</summary>
    [JsonPropertyName("moved")]
    public bool IsMoved { get; init; }

    /// <summary>All changes up to this number are acknowledged.</summary>
    [JsonPropertyName("ack")]
    public long? Acknowledged { get; init; }

    /// <summary>The follower's own number at the acknowledgement.</summary>
    [JsonPropertyName("seq")]
    public long FollowerNumber { get; init; }

    /// <returns>The number of lines.</returns>
    public static int Write(Stream stream, IEnumerable<JournalLine> lines)
    {
        var count = 0;
        foreach (var line in lines)
        {
            stream.Write(JsonSerializer.SerializeToUtf8Bytes(line, JournalJson.Default.JournalLine));
            stream.WriteByte((byte)'\n');
            count++;
        }

        return count;
    }

    public static JournalLine Of(JournalEntry entry, bool isGone = false) => new()
    {
        Number = entry.Number,
        Path = entry.Path,
        Size = entry.Size,
        Modified = entry.Modified,
        Mode = entry.Mode,
        Identity = entry.Identity is { } identity ? [identity.Device, identity.Inode] : null,
        Sha256 = entry.Sha256,
        IsNew = entry.IsNew,
        From = entry.From,
        IsGone = isGone,
    };

    public JournalEntry ToEntry() => new(Path!, Size, Modified)
    {
        Number = Number,
        Mode = Mode,
        Identity = IdentityOf(Identity),
        Sha256 = Sha256,
        IsNew = IsNew,
        From = From,
    };

    public static FileIdentity? IdentityOf(ulong[]? pair) => pair is [var device, var inode] ? new FileIdentity(device, inode) : null;
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(JournalLine))]
internal sealed partial class JournalJson : JsonSerializerContext;
