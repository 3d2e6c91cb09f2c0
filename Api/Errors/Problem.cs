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

    /// <summary>A sentence that says what happened and what to do.</summary>
    public required string Detail { get; init; }

    /// <summary>A stable code for programs.</summary>
    public required string Code { get; init; }

    /// <summary>Whether the same request may succeed later.</summary>
    public required bool Retryable { get; init; }

    /// <summary>How long to wait before a retry; null when the request is not retryable.</summary>
    public required long? RetryAfterMs { get; init; }

    /// <summary>Advice for the next requests; left out unless the upload continues.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Advice? Advice { get; init; }

    /// <summary>The same id is in the service's log.</summary>
    public required string RequestId { get; init; }

    /// <summary>The offset at which the client can resume.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Offset { get; init; }

    /// <summary>The limit that would be exceeded, of the tenant, the user or the key in the detail.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Limit { get; init; }

    /// <summary>How much of the limit is stored or reserved already.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Used { get; init; }

    /// <summary>The first missing ranges.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RangeView>? Missing { get; init; }

    /// <summary>IETF resumable uploads: the offset of the next byte.</summary>
    [JsonPropertyName("expected-offset"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ExpectedOffset { get; init; }

    /// <summary>IETF resumable uploads: the offset that the request named.</summary>
    [JsonPropertyName("provided-offset"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ProvidedOffset { get; init; }

    /// <summary>The id of the equal transfer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Transfer { get; init; }

    /// <summary>The number that the next batch of a device must follow.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Sequence { get; init; }

    /// <summary>The current SHA-256 of the file of a device.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hash { get; init; }

    /// <summary>The faults of each field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
