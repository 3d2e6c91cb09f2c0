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

    /// <summary>Since when it is in this state.</summary>
    public required DateTimeOffset StateAt { get; init; }

    /// <summary>Why it is in this state, in a few words.</summary>
    public required string? StateReason { get; init; }

    /// <summary>How the bytes come: session, put, tus or ietf.</summary>
    public required string Protocol { get; init; }

    /// <summary>How large a share of a limited bandwidth it gets: low, normal or high.</summary>
    public required string Priority { get; init; }

    /// <summary>The upload's subject, such as user:0d4f…, key:… or link:…. Left out for a request that comes by a link.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Owner { get; init; }

    /// <summary>
    /// The program that created it, as it calls itself: its User-Agent, at most 200 characters. Null where it is not known, and for a
    /// request that comes by a link.
    /// </summary>
    public required string? UserAgent { get; init; }

    public required string FileName { get; init; }

    public required string ContentType { get; init; }

    /// <summary>Bytes; null while the client has not said it.</summary>
    public required long? Size { get; init; }

    /// <summary>The whole file's SHA-256: declared by the client, or computed; null until either is there.</summary>
    public required string? Sha256 { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Verified and durable.</summary>
    public required long ReceivedBytes { get; init; }

    /// <summary>Null while the size is not known.</summary>
    public required long? MissingBytes { get; init; }

    /// <summary>0 to 100; null while the size is not known.</summary>
    public required double? Percent { get; init; }

    public required SpeedView Speed { get; init; }

    /// <summary>When the last byte comes at the current speed; null while nothing comes.</summary>
    public required DateTimeOffset? Eta { get; init; }

    public required double? EtaSeconds { get; init; }

    /// <summary>The first missing ranges; <c>/missing</c> has all of them. Left out in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RangeView>? Missing { get; init; }

    public required int ChunkCount { get; init; }

    /// <summary>Requests that brought bytes, whether they ended well or badly.</summary>
    public required long AttemptCount { get; init; }

    public required FailuresView Failures { get; init; }

    /// <summary>How many received bytes lie at their final place.</summary>
    public required MergeView Merge { get; init; }

    /// <summary>How chunks may be compressed (Content-Encoding), the better way first; none where no more chunks are taken.</summary>
    public required IReadOnlyList<string> Codings { get; init; }

    /// <summary>Advice for the next requests; null when the upload does not continue.</summary>
    public required Advice? Advice { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset? FirstByteAt { get; init; }

    public required DateTimeOffset? LastByteAt { get; init; }

    public required DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When it is purged unless a byte comes; null when it is not going to be.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Since when stored bytes are known to be missing or wrong.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DamagedAt { get; init; }

    /// <summary>Once completed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FileView? File { get; init; }
}

/// <summary>The answer to a completion: the session, and the file's fields under their names in <c>/api/files</c>.</summary>
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

/// <param name="Count">All failed attempts.</param>
/// <param name="Consecutive">Since the last chunk that went well.</param>
/// <param name="LostBytes">Bytes of failed attempts that were not kept, so that they have to be sent again; left out in lists.</param>
/// <param name="KeptBytes">Bytes of failed attempts that are kept, so that they are not sent again; left out in lists.</param>
/// <param name="Last">The newest ones first; left out in lists.</param>
internal sealed record FailuresView(
    long Count, int Consecutive,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LostBytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? KeptBytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FailedAttemptView>? Last);

/// <param name="Kind">The kind of failure.</param>
/// <param name="Bytes">How many came.</param>
/// <param name="Kept">How many of the request's own bytes were kept.</param>
internal sealed record FailedAttemptView(DateTimeOffset At, string Kind, long Offset, long Bytes, long Kept, long DurationMs)
{
    public static FailedAttemptView Of(FailedAttempt attempt) => new(
        attempt.At, attempt.Kind, attempt.Offset, attempt.Bytes, attempt.Kept, (long)attempt.Duration.TotalMilliseconds);
}

/// <summary>Bytes per second, as this run of the service has received them; null where it has received none.</summary>
/// <param name="Current">Over the last ten seconds; 0 while nothing comes, null when the upload does not continue.</param>
/// <param name="Average">Over the time in which bytes came: pauses of more than ten seconds do not count.</param>
/// <param name="Peak">The highest that was measured.</param>
internal sealed record SpeedView(double? Current, double? Average, double? Peak);

internal sealed record MergeView(long PlacedBytes, double? Percent);

/// <summary>The receipt of a chunk: these bytes are verified and durable.</summary>
internal sealed record ReceiptView(long Offset, long Length, string Sha256, long ReceivedBytes, long? MissingBytes, Advice Advice);

internal sealed record ChunkView(
    long Offset, long Length, string Sha256, int Attempts, DateTimeOffset StartedAt, DateTimeOffset ReceivedAt);
