using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using ChunkUpload.Api.Files;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Api.Sessions;

/// <summary>A session as a client sees it.</summary>
internal record SessionView
{
    public required string Id { get; init; }

    /// <summary>open, paused, completing, checking, completed, cancelled, expired, failed or deleted.</summary>
    public required string State { get; init; }

    /// <summary>When it entered this state.</summary>
    public required DateTimeOffset StateAt { get; init; }

    /// <summary>The reason for this state.</summary>
    public required string? StateReason { get; init; }

    /// <summary>The protocol: session, put, tus or ietf.</summary>
    public required string Protocol { get; init; }

    /// <summary>The priority of its share of a limited bandwidth: low, normal or high.</summary>
    public required string Priority { get; init; }

    /// <summary>The upload's subject, such as user:0d4f…, key:… or link:…. Left out for a request through a link.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Owner { get; init; }

    /// <summary>
    /// The program that created it: its User-Agent, at most 200 characters. Null if it is unknown, and for a request through a link.
    /// </summary>
    public required string? UserAgent { get; init; }

    public required string FileName { get; init; }

    public required string ContentType { get; init; }

    /// <summary>The size in bytes; null until the client has declared it.</summary>
    public required long? Size { get; init; }

    /// <summary>The whole file's SHA-256: declared by the client, or computed; null until it is known.</summary>
    public required string? Sha256 { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The bytes that are verified and durable.</summary>
    public required long ReceivedBytes { get; init; }

    /// <summary>The missing bytes; null if the size is unknown.</summary>
    public required long? MissingBytes { get; init; }

    /// <summary>The progress from 0 to 100; null if the size is unknown.</summary>
    public required double? Percent { get; init; }

    public required SpeedView Speed { get; init; }

    /// <summary>When the last byte will arrive at the current speed; null if no bytes arrive.</summary>
    public required DateTimeOffset? Eta { get; init; }

    public required double? EtaSeconds { get; init; }

    /// <summary>The first missing ranges; <c>/missing</c> has all of them. Left out in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RangeView>? Missing { get; init; }

    public required int ChunkCount { get; init; }

    /// <summary>The number of requests with bytes, successful or not.</summary>
    public required long AttemptCount { get; init; }

    public required FailuresView Failures { get; init; }

    /// <summary>The number of received bytes that are merged at their final offset.</summary>
    public required MergeView Merge { get; init; }

    /// <summary>The supported codings of chunks (Content-Encoding), the better one first; empty if no more chunks are accepted.</summary>
    public required IReadOnlyList<string> Codings { get; init; }

    /// <summary>Advice for the next requests; null if the upload does not continue.</summary>
    public required Advice? Advice { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset? FirstByteAt { get; init; }

    public required DateTimeOffset? LastByteAt { get; init; }

    public required DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When it is purged if no byte arrives; null if it is not purged.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Since when stored bytes are known to be missing or wrong.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DamagedAt { get; init; }

    /// <summary>The file id, once completed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FileView? File { get; init; }
}

/// <summary>The response to a completion: the session, and the file's fields under their names in <c>/api/files</c>.</summary>
internal sealed record CompletedView : SessionView
{
    [SetsRequiredMembers]
    private CompletedView(SessionView session, string contentUrl)
        : base(session)
    {
        Name = session.FileName;
        ContentUrl = contentUrl;
    }

    public static CompletedView Of(SessionView session, string contentUrl) => new(session, contentUrl);

    public required string Name { get; init; }

    public required string ContentUrl { get; init; }
}

/// <param name="Count">The number of failed attempts.</param>
/// <param name="Consecutive">The number of failed attempts since the last successful chunk.</param>
/// <param name="LostBytes">Bytes of failed attempts that were not kept and must be sent again; left out in lists.</param>
/// <param name="KeptBytes">Bytes of failed attempts that are kept; left out in lists.</param>
/// <param name="Last">The newest ones first; left out in lists.</param>
internal sealed record FailuresView(
    long Count, int Consecutive,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LostBytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? KeptBytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FailedAttemptView>? Last);

/// <param name="Kind">The kind of failure.</param>
/// <param name="Bytes">The number of received bytes.</param>
/// <param name="Kept">The number of kept bytes of the request.</param>
internal sealed record FailedAttemptView(DateTimeOffset At, string Kind, long Offset, long Bytes, long Kept, long DurationMs)
{
    public static FailedAttemptView Of(FailedAttempt attempt) => new(
        attempt.At, attempt.Kind, attempt.Offset, attempt.Bytes, attempt.Kept, (long)attempt.Duration.TotalMilliseconds);
}

/// <summary>The speed in bytes per second, since the service started; null if it has received no bytes.</summary>
/// <param name="Current">The average of the last ten seconds; 0 if no bytes arrive, null if the upload does not continue.</param>
/// <param name="Average">The average of the time in which bytes arrived; pauses of more than ten seconds do not count.</param>
/// <param name="Peak">The highest measured speed.</param>
internal sealed record SpeedView(double? Current, double? Average, double? Peak);

internal sealed record MergeView(long PlacedBytes, double? Percent);

/// <summary>The receipt of a chunk: these bytes are verified and durable.</summary>
internal sealed record ReceiptView(long Offset, long Length, string Sha256, long ReceivedBytes, long? MissingBytes, Advice Advice);

internal sealed record ChunkView(
    long Offset, long Length, string Sha256, int Attempts, DateTimeOffset StartedAt, DateTimeOffset ReceivedAt);
