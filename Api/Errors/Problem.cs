using System.Text.Json.Serialization;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Api.Errors;

/// <summary>The body of every answer that is not a success (RFC 9457).</summary>
internal sealed record Problem
{
    public const string MediaType = "application/problem+json";

    /// <summary>A URN made of the code.</summary>
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    /// <summary>What happened here, and what to do.</summary>
    public required string Detail { get; init; }

    /// <summary>Stable; made for programs.</summary>
    public required string Code { get; init; }

    /// <summary>Whether the same request may succeed later.</summary>
    public required bool Retryable { get; init; }

    /// <summary>How long to wait before that; null when it is not retryable.</summary>
    public required long? RetryAfterMs { get; init; }

    /// <summary>What to send next; left out unless the upload continues.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Advice? Advice { get; init; }

    /// <summary>Stands in the service's log too.</summary>
    public required string RequestId { get; init; }

    /// <summary>The offset at which the client may go on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Offset { get; init; }

    /// <summary>The first missing ranges.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RangeView>? Missing { get; init; }

    /// <summary>Under resumable uploads of the IETF: where the next bytes must begin.</summary>
    [JsonPropertyName("expected-offset"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ExpectedOffset { get; init; }

    /// <summary>Under resumable uploads of the IETF: where the request's bytes began.</summary>
    [JsonPropertyName("provided-offset"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ProvidedOffset { get; init; }

    /// <summary>The faults of each field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
