using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Http;

/// <summary>What this client reads of an advice (docs/advisor.md).</summary>
internal sealed record AdviceAnswer(
    long ChunkSize, int Concurrency, IReadOnlyList<int>? RetryDelayMs, int StallTimeoutMs, int? ProbeAfterMs, int? SilentMs,
    AdviceReasonAnswer? Why);

internal sealed record AdviceReasonAnswer(string? LimitedBy);

/// <summary>What this client reads of a problem (RFC 9457, docs/errors.md).</summary>
internal sealed record ProblemAnswer(
    string? Code, string? Detail, bool? Retryable, long? RetryAfterMs, string? RequestId, AdviceAnswer? Advice);

/// <summary>What this client reads of a session.</summary>
internal sealed record SessionAnswer(
    string Id, string State, string? StateReason, long? Size, string? Sha256, long ReceivedBytes, IReadOnlyList<RangeView>? Missing,
    IReadOnlyList<string>? Codings, AdviceAnswer? Advice) : IAnswer
{
    public bool IsValid => AnswerRules.IsId(Id) && State is not null && Size is null or >= 0 && ReceivedBytes >= 0
        && AnswerRules.All(Missing, range => AnswerRules.IsRange(range.Offset, range.Length)) && AnswerRules.All(Codings, _ => true);
}

internal sealed record RangePage(IReadOnlyList<RangeView> Items, string? NextCursor) : IAnswer, IPage
{
    public int Count => Items.Count;

    public bool IsValid => Items is not null && AnswerRules.All(Items, range => AnswerRules.IsRange(range.Offset, range.Length));
}

internal sealed record ChunkAnswer(long Offset, long Length, string? Sha256);

internal sealed record ChunkPage(IReadOnlyList<ChunkAnswer> Items, string? NextCursor) : IAnswer, IPage
{
    public int Count => Items.Count;

    public bool IsValid => Items is not null && AnswerRules.All(Items, chunk => AnswerRules.IsRange(chunk.Offset, chunk.Length));
}

/// <summary>The SHA-256 of each piece of a file from an offset on.</summary>
internal sealed record PieceDigestsAnswer(long Offset, int Piece, IReadOnlyList<string> Sha256);

internal sealed record ReceiptAnswer(AdviceAnswer? Advice);

internal sealed record FileAnswer(
    string Id, string Name, string? State, long Size, string? Sha256, IReadOnlyList<string>? Places, string? UnfiledReason) : IAnswer
{
    public bool IsValid => AnswerRules.IsId(Id) && Name is not null && Size >= 0 && AnswerRules.All(Places, _ => true);
}

internal sealed record EntryAnswer(
    string Id, string Kind, string Name, string Path, long? Size, string? Sha256, string ModifiedAt, string? Mode, string? LinkTarget,
    string? FileId, string? ContentUrl, string? State) : IAnswer
{
    /// <summary>Rises with every change of the entry.</summary>
    public long Revision { get; init; }

    /// <summary>The number of a file's content.</summary>
    public int? Version { get; init; }

    /// <summary>To whom it belongs.</summary>
    public string? Owner { get; init; }

    /// <summary>Gets a value that indicates whether its name was not encrypted with the key of the folder that it is in.</summary>
    [JsonIgnore]
    public bool IsForeign { get; init; }

    /// <summary>Gets a value that indicates whether it is a folder with a key that no identity opens.</summary>
    [JsonIgnore]
    public bool IsClosed { get; init; }

    public bool IsValid => AnswerRules.IsId(Id) && Kind is not null && Name is not null && Path is not null && Size is null or >= 0
        && AnswerRules.IsMode(Mode);
}

internal sealed record FolderAnswer(EntryAnswer? Folder, IReadOnlyList<EntryAnswer>? Items, string? NextCursor) : IAnswer, IPage
{
    public int Count => Items?.Count ?? 0;

    public bool IsValid => Folder?.IsValid != false && AnswerRules.All(Items, item => item.IsValid && item.Name.Length > 0);
}

internal sealed record LinkAnswer(string Kind, string? Name, long? Size, bool NeedsPassword) : IAnswer
{
    public bool IsValid => Kind is not null && Size is null or >= 0;
}

internal sealed record NewLinkBody(
    string Kind, string? Title, string? Space, string? Path, bool Parents, long? ExpiresInSeconds, long? MaxSize, long? MaxFiles,
    long? MaxBytes, IReadOnlyList<string>? Types, IReadOnlyList<string>? Names, bool Folders, long? MaxDownloads, string? Password);

internal sealed record LinkPasswordBody(string Password);

internal sealed record MadeLinkAnswer(ShareLink Link, string Url) : IAnswer
{
    public bool IsValid => Link is { Id: not null, Kind: not null, State: not null }
        && Uri.TryCreate(Url, UriKind.RelativeOrAbsolute, out _);
}

internal sealed record NewKeyBody(string Name, IReadOnlyList<string> Scopes, string? Kind, int? Days);

internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor) : IAnswer, IPage
    where T : class
{
    public int Count => Items.Count;

    public bool IsValid => Items is not null && AnswerRules.All(Items, _ => true);
}

internal sealed record MoveBody(string Path, bool Parents, string? Conflict);

internal sealed record CopyBody(string From, string To, bool Parents, string Conflict);

internal sealed record CopyAnswer(long LeftOut);

internal sealed record RestoreBody(int? Version, string? Path, string Conflict);

internal sealed record TrashAnswer(
    string Id, int? Version, string Kind, string Name, string? Path, long? Size, DateTimeOffset RemovedAt, string RemovedBy,
    DateTimeOffset ExpiresAt)
{
    public TrashItem ToItem() => new(Id ?? "", Version, Kind ?? "", Name ?? "", Path, Size, RemovedAt, RemovedBy ?? "", ExpiresAt);
}

/// <summary>A time and a mode for an entry.</summary>
internal sealed record AttributesBody(string? ModifiedAt, string? Mode);

/// <summary>A file that the service is asked about.</summary>
internal sealed record CheckLine(string Path, long Size, string? ModifiedAt, string? Sha256);

internal sealed record CheckedAnswer(string Path, string State, IReadOnlyList<string>? Why, string? Detail) : IAnswer
{
    public bool IsValid => Path is not null && State is not null && AnswerRules.All(Why, _ => true);
}

/// <summary>A line of the answer to an archive: one for each member, and a last one that says whether all of it was read.</summary>
internal sealed record UnpackAnswer(string? Path, string? Outcome, string? Code, string? Detail, bool? Complete);

internal sealed record TopicAnswer(string Kind, string Id);

/// <summary>A message of the event stream.</summary>
internal sealed record EventAnswer(string? Type, DateTimeOffset At, string? Kind, TopicAnswer? Topic, string? By, JsonElement Data);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NewSessionBody))]
[JsonSerializable(typeof(CompleteBody))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(PieceDigestsAnswer))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(RangePage))]
[JsonSerializable(typeof(ChunkPage))]
[JsonSerializable(typeof(ReceiptAnswer))]
[JsonSerializable(typeof(FileAnswer))]
[JsonSerializable(typeof(EntryAnswer))]
[JsonSerializable(typeof(FolderAnswer))]
[JsonSerializable(typeof(LinkAnswer))]
[JsonSerializable(typeof(NewLinkBody))]
[JsonSerializable(typeof(LinkPasswordBody))]
[JsonSerializable(typeof(MadeLinkAnswer))]
[JsonSerializable(typeof(Page<ShareLink>), TypeInfoPropertyName = "PageShareLink")]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(MadeKey))]
[JsonSerializable(typeof(Page<ServiceKey>), TypeInfoPropertyName = "PageServiceKey")]
[JsonSerializable(typeof(Page<RemoteVersion>), TypeInfoPropertyName = "PageRemoteVersion")]
[JsonSerializable(typeof(MoveBody))]
[JsonSerializable(typeof(CopyBody))]
[JsonSerializable(typeof(CopyAnswer))]
[JsonSerializable(typeof(RestoreBody))]
[JsonSerializable(typeof(Page<TrashAnswer>), TypeInfoPropertyName = "PageTrashAnswer")]
[JsonSerializable(typeof(Page<ServiceLimit>), TypeInfoPropertyName = "PageServiceLimit")]
[JsonSerializable(typeof(AttributesBody))]
[JsonSerializable(typeof(CheckLine))]
[JsonSerializable(typeof(CheckedAnswer))]
[JsonSerializable(typeof(UnpackAnswer))]
[JsonSerializable(typeof(EventAnswer))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ClientJson : JsonSerializerContext;
