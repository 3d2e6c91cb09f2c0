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
    IReadOnlyList<string>? Codings, AdviceAnswer? Advice);

internal sealed record RangePage(IReadOnlyList<RangeView> Items, string? NextCursor);

internal sealed record ChunkAnswer(long Offset, long Length, string? Sha256);

internal sealed record ChunkPage(IReadOnlyList<ChunkAnswer> Items, string? NextCursor);

internal sealed record ReceiptAnswer(AdviceAnswer? Advice);

internal sealed record FileAnswer(
    string Id, string Name, string? State, long Size, string? Sha256, IReadOnlyList<string>? Places, string? UnfiledReason);

internal sealed record EntryAnswer(
    string Id, string Kind, string Name, string Path, long? Size, string? Sha256, string ModifiedAt, string? Mode, string? LinkTarget,
    string? FileId, string? ContentUrl, string? State);

internal sealed record FolderAnswer(EntryAnswer? Folder, IReadOnlyList<EntryAnswer>? Items, string? NextCursor);

internal sealed record LinkAnswer(string Kind, string? Name, long? Size, bool NeedsPassword);

internal sealed record NewLinkBody(
    string Kind, string? Title, string? Space, string? Path, bool Parents, long? ExpiresInSeconds, long? MaxSize, long? MaxFiles,
    long? MaxBytes, IReadOnlyList<string>? Types, IReadOnlyList<string>? Names, bool Folders, long? MaxDownloads, string? Password);

internal sealed record MadeLinkAnswer(ShareLink Link, string Url);

internal sealed record NewKeyBody(string Name, IReadOnlyList<string> Scopes, string? Kind, int? Days);

internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

internal sealed record MoveBody(string Path, bool Parents, string? Conflict);

/// <summary>A time and a mode for an entry.</summary>
internal sealed record DressBody(string? ModifiedAt, string? Mode);

/// <summary>A file that the service is asked about.</summary>
internal sealed record CheckLine(string Path, long Size, string? ModifiedAt, string? Sha256);

internal sealed record CheckedAnswer(string Path, string State, IReadOnlyList<string>? Why, string? Detail);

/// <summary>A line of the answer to an archive: one for each member, and a last one that says whether all of it was read.</summary>
internal sealed record UnpackAnswer(string? Path, string? Outcome, string? Code, string? Detail, bool? Complete);

internal sealed record TopicAnswer(string Kind, string Id);

/// <summary>A message of the event stream.</summary>
internal sealed record EventAnswer(string? Type, DateTimeOffset At, string? Kind, TopicAnswer? Topic, string? By, JsonElement Data);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NewSessionBody))]
[JsonSerializable(typeof(CompleteBody))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(RangePage))]
[JsonSerializable(typeof(ChunkPage))]
[JsonSerializable(typeof(ReceiptAnswer))]
[JsonSerializable(typeof(FileAnswer))]
[JsonSerializable(typeof(EntryAnswer))]
[JsonSerializable(typeof(FolderAnswer))]
[JsonSerializable(typeof(LinkAnswer))]
[JsonSerializable(typeof(NewLinkBody))]
[JsonSerializable(typeof(MadeLinkAnswer))]
[JsonSerializable(typeof(Page<ShareLink>), TypeInfoPropertyName = "PageShareLink")]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(MadeKey))]
[JsonSerializable(typeof(Page<ServiceKey>), TypeInfoPropertyName = "PageServiceKey")]
[JsonSerializable(typeof(MoveBody))]
[JsonSerializable(typeof(DressBody))]
[JsonSerializable(typeof(CheckLine))]
[JsonSerializable(typeof(CheckedAnswer))]
[JsonSerializable(typeof(UnpackAnswer))]
[JsonSerializable(typeof(EventAnswer))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ClientJson : JsonSerializerContext;
