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

    /// <summary>The cursor behind it, for Last-Event-ID.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>created, paused, resumed, takeover, completing, completed, failed, expired, cancelled, deleted; entries_changed;
    /// job_started, job_ended; store_degraded, store_healthy; certificate_ends.</summary>
    public required string Kind { get; init; }

    public string? Upload { get; init; }

    public required string Tenant { get; init; }

    /// <summary>The subject that the upload belongs to.</summary>
    public required string Owner { get; init; }

    /// <summary>The subject whose request caused the event.</summary>
    public required string By { get; init; }

    public required JsonElement Data { get; init; }

    public static EventView Of(LedgerEvent one) => new()
    {
        Id = one.Cursor.ToString(),
        At = one.At,
        Kind = one.Kind,
        Upload = one.Upload?.ToString(),
        Tenant = one.Tenant,
        Owner = one.Owner,
        By = one.Subject,
        Data = JsonElement.Parse(one.Data),
    };
}

/// <summary>How far an upload is. It has no id and is never replayed.</summary>
internal sealed record ProgressView
{
    public string Type { get; init; } = "progress";

    public required string Upload { get; init; }

    public required string Name { get; init; }

    public required string Protocol { get; init; }

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
        Upload = one.Upload.ToString(),
        Name = one.Name,
        Protocol = one.Protocol.ToString().ToLowerInvariant(),
        Tenant = one.Tenant,
        Owner = one.Owner,
        Received = one.Received,
        Sent = one.Sent,
        Size = one.Size,
        Speed = (long)(one.Speed.Current ?? 0),
        Average = (long)(one.Speed.Average ?? 0),
        Peak = (long)(one.Speed.Peak ?? 0),
        LeftMs = (long?)one.Left?.TotalMilliseconds,
    };
}

/// <summary>
/// An event while an upload is sent: the newest of its type that the client has not received yet. It has no id and is never replayed.
/// </summary>
internal sealed record NoticeView
{
    /// <summary>chunk: it is safe; retry: a request broke off; advice: another one holds.</summary>
    public required string Type { get; init; }

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
        NoticeView view = new() { Type = "", Upload = one.Upload.ToString(), Tenant = one.Tenant, Owner = one.Owner };
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
/// <param name="Type">welcome; heartbeat; reset: events were missed, ask for the present state anew.</param>
/// <param name="Cursor">The position from which the stream continues.</param>
internal sealed record StreamNote(string Type, string Cursor, string Tenant, string Subject, long HeartbeatMs);

/// <summary>A refused message of a WebSocket.</summary>
internal sealed record StreamFault(string Code, string Detail)
{
    public string Type { get; init; } = "error";

    /// <summary>The scope that was refused.</summary>
    public string? Scope { get; init; }
}

/// <summary>A client's message on a WebSocket.</summary>
internal sealed record StreamRequest
{
    /// <summary>subscribe or unsubscribe.</summary>
    public string? Type { get; init; }

    /// <summary>own, tenant or all.</summary>
    public string? Scope { get; init; }

    public IReadOnlyList<string>? Uploads { get; init; }
}
