using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Client.Http;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.Sync;

/// <summary>An entry of the service below the folder of a pair.</summary>
/// <param name="Parent">The id of the folder in which it lies.</param>
/// <param name="FileId">The id of a file's content.</param>
/// <param name="Number">The number of a file's content.</param>
/// <param name="By">The user or key that changed it last, or else its owner.</param>
internal sealed record RemoteItem(
    string Id, string Parent, string Name, string Kind, long Revision, string? FileId, int? Number, long? Size, string? Sha256,
    DateTime? Modified, string? Mode, string? By)
{
    public bool IsFolder => Kind == "folder";

    public SyncEntry ToEntry() => new(Id, IsFolder)
    {
        Identity = Id,
        Version = FileId,
        Size = Size,
        Modified = Modified is { } at ? new DateTimeOffset(at, TimeSpan.Zero) : null,
        Digests = Sha256 is { } digest ? LocalSide.Digests(digest) : [],
        LeftOut = Kind == "link" ? "It is a link." : null,
    };

    public static RemoteItem Of(EntryAnswer entry, string parent) => new(
        entry.Id, parent, entry.Name, entry.Kind, entry.Revision, entry.FileId, entry.Version, entry.Size, entry.Sha256,
        UnixTime.Parse(entry.ModifiedAt), entry.Mode, entry.Owner);
}

/// <summary>The fields of a space's changes that this client reads.</summary>
internal sealed record ChangesAnswer(IReadOnlyList<ChangeAnswer> Items, string Cursor, bool More, bool Reset, long? Generation) : IAnswer
{
    public bool IsValid => Cursor is { Length: > 0 and <= 4096 } && AnswerRules.All(Items, item => item.IsValid);
}

internal sealed record ChangeAnswer(string Kind, string? By, ChangedAnswer Entry)
{
    [JsonIgnore]
    public bool IsValid => Kind is not null && Entry is not null && AnswerRules.IsId(Entry.Id) && Entry.Name is not null
        && Entry.Kind is not null && Entry.Size is null or >= 0 && AnswerRules.IsMode(Entry.Mode);
}

internal sealed record ChangedAnswer(
    string Id, string? Parent, string Name, string Kind, long Revision, int? Version, long? Size, string? Sha256, string? ModifiedAt,
    string? Mode, string? FileId)
{
    public RemoteItem ToItem(string? by) => new(
        Id, Parent ?? "", Name, Kind, Revision, FileId, Version, Size, Sha256, ModifiedAt is null ? null : UnixTime.Parse(ModifiedAt), Mode,
        by);
}

internal sealed record PlaceBody(string Path, string Conflict);

internal sealed record VersionNameBody(string? Name);

/// <summary>The fields of a conflict of the service's own pairs that this client reads.</summary>
internal sealed record ConflictAnswer(
    string Id, string Sync, string Title, string Path, string Kind, string Digest, ConflictSideAnswer? Left, ConflictSideAnswer? Right,
    string? Answer, string? By, DateTimeOffset? AnsweredAt, bool CanTakeBack) : IAnswer
{
    public bool IsValid => AnswerRules.IsId(Id) && Path is not null && Digest is not null && Title is not null && Kind is not null;
}

internal sealed record ConflictSideAnswer(string Kind, long? Size, DateTimeOffset? ModifiedAt);

internal sealed record ConflictBody(string Digest, string Answer);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ChangesAnswer))]
[JsonSerializable(typeof(PlaceBody))]
[JsonSerializable(typeof(VersionNameBody))]
[JsonSerializable(typeof(Page<ConflictAnswer>), TypeInfoPropertyName = "PageConflictAnswer")]
[JsonSerializable(typeof(ConflictAnswer))]
[JsonSerializable(typeof(ConflictBody))]
internal sealed partial class SyncJson : JsonSerializerContext;
