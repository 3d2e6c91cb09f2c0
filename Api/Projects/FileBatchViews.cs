using System.Text.Json.Serialization;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>A request for a folder or for several files: the sums of the transfers that the caller sees.</summary>
internal sealed record FileBatchView
{
    [JsonPropertyName("batch_id")]
    public required Guid BatchId { get; init; }

    [JsonPropertyName("project_id")]
    public required Guid ProjectId { get; init; }

    /// <summary>The requested folder; null for single files.</summary>
    public required string? Prefix { get; init; }

    public required RequesterView Requester { get; init; }

    /// <summary>The role of the caller: requester or source.</summary>
    public required string Role { get; init; }

    /// <summary>pending, in_progress, completed (all of them), failed (some of them) or cancelled.</summary>
    public required string Status { get; init; }

    /// <summary>waiting if a transfer waits for an answer; declined if all were declined; otherwise approved.</summary>
    public required string Approval { get; init; }

    /// <summary>The number of files.</summary>
    public required int Files { get; init; }

    /// <summary>The number of files that wait for an answer.</summary>
    public required int Waiting { get; init; }

    /// <summary>The number of approved files that have not started.</summary>
    public required int Pending { get; init; }

    [JsonPropertyName("in_progress")]
    public required int InProgress { get; init; }

    public required int Completed { get; init; }

    public required int Failed { get; init; }

    public required int Cancelled { get; init; }

    [JsonPropertyName("total_bytes")]
    public required long TotalBytes { get; init; }

    [JsonPropertyName("bytes_transferred")]
    public required long BytesTransferred { get; init; }

    [JsonPropertyName("percent_complete")]
    public required double PercentComplete { get; init; }

    /// <summary>The names of the devices that have the files.</summary>
    [JsonPropertyName("source_devices")]
    public required IReadOnlyList<string> SourceDevices { get; init; }

    [JsonPropertyName("requested_at")]
    public required DateTimeOffset RequestedAt { get; init; }

    [JsonPropertyName("completed_at")]
    public required DateTimeOffset? CompletedAt { get; init; }

    public static FileBatchView Of(FileBatch batch, Caller caller) => new()
    {
        BatchId = batch.Id,
        ProjectId = batch.Project,
        Prefix = batch.Prefix is { } prefix ? prefix + "/" : null,
        Requester = new RequesterView(batch.Requester, batch.RequesterName),
        Role = batch.IsAskedBy(caller) ? "requester" : "source",
        Status = batch switch
        {
            { InProgress: > 0 } or { IsOpen: true, Completed: > 0 } => "in_progress",
            { IsOpen: true } => "pending",
            { Failed: > 0 } => "failed",
            { Cancelled: > 0 } => "cancelled",
            _ => "completed",
        },
        Approval = batch.Waiting > 0 ? "waiting" : batch.Declined == batch.Files ? "declined" : "approved",
        Files = batch.Files,
        Waiting = batch.Waiting,
        Pending = batch.Pending,
        InProgress = batch.InProgress,
        Completed = batch.Completed,
        Failed = batch.Failed,
        Cancelled = batch.Cancelled,
        TotalBytes = batch.Size,
        BytesTransferred = batch.Moved,
        PercentComplete = batch.Size > 0 ? Math.Round(100.0 * batch.Moved / batch.Size, 1) : batch.Completed == batch.Files ? 100 : 0,
        SourceDevices = batch.Devices,
        RequestedAt = batch.RequestedAt,
        CompletedAt = batch.EndedAt,
    };
}

internal sealed record FileBatchesView(IReadOnlyList<FileBatchView> Batches);

/// <summary>The response to a request for several files.</summary>
/// <param name="Success">Whether any file was requested.</param>
/// <param name="DownloadId">The batch.</param>
/// <param name="Batch">Null if every file is refused.</param>
/// <param name="Rejected">The first 1,000 files that are refused, by their paths.</param>
internal sealed record FilesAskedView(
    bool Success, [property: JsonPropertyName("download_id")] Guid? DownloadId, [property: JsonPropertyName("batch_id")] Guid? BatchId,
    FileBatchView? Batch, IReadOnlyList<RejectedChangeView> Rejected);
