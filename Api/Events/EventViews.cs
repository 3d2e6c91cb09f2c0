using System.Text.Json;
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

    /// <summary>Whose upload it is.</summary>
    public required string Owner { get; init; }

    /// <summary>Who did it.</summary>
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

    /// <summary>Bytes that are safe.</summary>
    public required long Received { get; init; }

    public long? Size { get; init; }

    /// <summary>Bytes per second of the last seconds.</summary>
    public required long Speed { get; init; }

    public required long Average { get; init; }

    public required long Peak { get; init; }

    /// <summary>Null while it cannot be told.</summary>
    public long? LeftMs { get; init; }

    public static ProgressView Of(Progress one) => new()
    {
        Upload = one.Upload.ToString(),
        Name = one.Name,
        Protocol = one.Protocol.ToString().ToLowerInvariant(),
        Tenant = one.Tenant,
        Owner = one.Owner,
        Received = one.Received,
        Size = one.Size,
        Speed = (long)one.Speed,
        Average = (long)one.Average,
        Peak = (long)one.Peak,
        LeftMs = (long?)one.Left?.TotalMilliseconds,
    };
}

/// <summary>The first message of a stream, and each heartbeat.</summary>
/// <param name="Type">welcome; heartbeat; reset: events were missed, ask for the present state anew.</param>
/// <param name="Cursor">The place from which the stream goes on.</param>
internal sealed record StreamNote(string Type, string Cursor, string Tenant, string Subject, long HeartbeatMs);

/// <summary>A refused message of a WebSocket.</summary>
internal sealed record StreamFault(string Code, string Detail)
{
    public string Type { get; init; } = "error";
}

/// <summary>What a client sends on a WebSocket.</summary>
internal sealed record StreamRequest
{
    /// <summary>subscribe or unsubscribe.</summary>
    public string? Type { get; init; }

    /// <summary>own, tenant or all.</summary>
    public string? Scope { get; init; }

    public IReadOnlyList<string>? Uploads { get; init; }
}
