using System.Text.Json.Serialization;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Client.Projects;

/// <summary>What this client reads of a request for several files.</summary>
internal sealed record FileBatchAnswer(
    Guid BatchId, string? Prefix, string Status, string Approval, int Files, int Waiting, int Pending, int InProgress, int Completed,
    int Failed, int Cancelled, long TotalBytes, long BytesTransferred, IReadOnlyList<string>? SourceDevices, DateTimeOffset RequestedAt,
    RequesterAnswer? Requester, string? Role) : IAnswer
{
    [JsonIgnore]
    public bool IsOpen => Waiting + Pending + InProgress > 0;

    [JsonIgnore]
    public string Devices => SourceDevices is { Count: > 0 } names ? string.Join(", ", names) : "a device";

    [JsonIgnore]
    public string What => Prefix ?? Plural.Of(Files, "file");

    [JsonIgnore]
    public bool IsValid => Status is not null && Approval is not null && Files >= 0 && TotalBytes >= 0;
}

internal sealed record FileBatchesAnswer(IReadOnlyList<FileBatchAnswer> Batches) : IAnswer
{
    [JsonIgnore]
    public bool IsValid => Batches is not null && AnswerRules.All(Batches, batch => batch.IsValid);
}

/// <param name="Prefix">A folder, or <paramref name="Paths"/>.</param>
internal sealed record FilesRequestBody(string? Prefix, IReadOnlyList<string>? Paths, Guid BatchId);

internal sealed record FilesRequestAnswer(bool Success, FileBatchAnswer? Batch, IReadOnlyList<RejectedChangeAnswer>? Rejected) : IAnswer
{
    [JsonIgnore]
    public bool IsValid => Batch?.IsValid is not false
        && (Rejected is null || AnswerRules.All(Rejected, one => one is { Path: not null, Code: not null }));
}
