using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Sessions;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Api.Events;

/// <summary>A change of state.</summary>
internal sealed record EventView
{
    public string Type { get; init; } = "event";

    /// <summary>The cursor after the event, for Last-Event-ID.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The kind of the event; `GET /api/events` lists the kinds.</summary>
    public required string Kind { get; init; }

    /// <summary>The object of the event.</summary>
    public required TopicView Topic { get; init; }

    /// <summary>The topic's id, if it is an upload.</summary>
    public string? Upload { get; init; }

    public required string Tenant { get; init; }

    /// <summary>The subject that the topic belongs to.</summary>
    public required string Owner { get; init; }

    /// <summary>The subject whose request caused the event.</summary>
    public required string By { get; init; }

    public required JsonElement Data { get; init; }

    public static EventView Of(LedgerEvent one) => new()
    {
        Id = one.Cursor.ToString(),
        At = one.At,
        Kind = one.Kind,
        Topic = TopicView.Of(one.Topic),
        Upload = one.Upload?.ToString(),
        Tenant = one.Tenant,
        Owner = one.Owner,
        By = one.Subject,
        Data = JsonElement.Parse(one.Data),
    };
}

/// <summary>The object of a message or of a subscription.</summary>
/// <param name="Kind">upload, transfer, space, project, device, file_transfer, job, store or certificate.</param>
internal sealed record TopicView(string? Kind, string? Id)
{
    public static TopicView Of(Topic topic) => new(topic.Kind, topic.Id);
}

/// <summary>A progress report. It has no id and is never replayed.</summary>
internal sealed record ProgressView
{
    public string Type { get; init; } = "progress";

    public required TopicView Topic { get; init; }

    /// <summary>The topic's id, if it is an upload.</summary>
    public string? Upload { get; init; }

    public required string Name { get; init; }

    /// <summary>The protocol of an upload.</summary>
    public string? Protocol { get; init; }

    public required string Tenant { get; init; }

    public required string Owner { get; init; }

    /// <summary>Bytes that are durable.</summary>
    public required long Received { get; init; }

    /// <summary>Bytes that have arrived, durable or not.</summary>
    public required long Sent { get; init; }

    public long? Size { get; init; }

    /// <summary>Bytes per second of the last seconds.</summary>
    public required long Speed { get; init; }

    public required long Average { get; init; }

    public required long Peak { get; init; }

    /// <summary>Null while it is unknown.</summary>
    public long? LeftMs { get; init; }

    public static ProgressView Of(Progress one) => new()
    {
        Topic = TopicView.Of(one.Topic),
        Upload = one.Upload?.ToString(),
        Name = one.Name,
        Protocol = one.Protocol?.ToString().ToLowerInvariant(),
        Tenant = one.Tenant,
        Owner = one.Owner,
        Received = one.Safe,
        Sent = one.Done,
        Size = one.Total,
        Speed = (long)(one.Speed.Current ?? 0),
        Average = (long)(one.Speed.Average ?? 0),
        Peak = (long)(one.Speed.Peak ?? 0),
        LeftMs = (long?)one.Left?.TotalMilliseconds,
    };
}

/// <summary>
/// A notice about an upload in progress: the newest of its type that the client has not received yet. It has no id and is never replayed.
/// </summary>
internal sealed record NoticeView
{
    /// <summary>chunk: a chunk is durable; retry: a request was interrupted; advice: the advice has changed.</summary>
    public required string Type { get; init; }

    public required TopicView Topic { get; init; }

    public required string Upload { get; init; }

    public required string Tenant { get; init; }

    public required string Owner { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RangeView? Chunk { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FailedAttemptView? Retry { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AdviceStepView? Advice { get; init; }

    public static NoticeView Of(UploadNotice one)
    {
        NoticeView view = new()
        {
            Type = "",
            Topic = new TopicView(TopicKinds.Upload, one.Upload.ToString()),
            Upload = one.Upload.ToString(),
            Tenant = one.Tenant,
            Owner = one.Owner,
        };
        return one switch
        {
            ChunkNotice chunk => view with { Type = "chunk", Chunk = new RangeView(chunk.Range.Offset, chunk.Range.Length) },
            RetryNotice retry => view with { Type = "retry", Retry = FailedAttemptView.Of(retry.Attempt) },
            AdviceNotice advice => view with { Type = "advice", Advice = AdviceStepView.Of(advice.Step) },
            _ => throw new ArgumentOutOfRangeException(nameof(one), one, null),
        };
    }
}

/// <summary>The first message of a stream, and each heartbeat.</summary>
/// <param name="Type">welcome; heartbeat; reset: events were missed, so query the current state again.</param>
/// <param name="Cursor">The position from which the stream continues.</param>
internal sealed record StreamNote(string Type, string Cursor, string Tenant, string Subject, long HeartbeatMs);

/// <summary>A refused message of a WebSocket.</summary>
internal sealed record StreamFault(string Code, string Detail)
{
    public string Type { get; init; } = "error";

    /// <summary>The scope that was refused.</summary>
    public string? Scope { get; init; }

    /// <summary>The kind of topics that were refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kind { get; init; }
}

/// <summary>A client's message on a WebSocket.</summary>
internal sealed record StreamRequest
{
    /// <summary>subscribe or unsubscribe.</summary>
    public string? Type { get; init; }

    /// <summary>own, tenant or all.</summary>
    public string? Scope { get; init; }

    /// <summary>The ids of uploads, a short form for topics of this kind.</summary>
    public IReadOnlyList<string>? Uploads { get; init; }

    public IReadOnlyList<TopicView>? Topics { get; init; }
}
