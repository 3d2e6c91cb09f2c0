using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers.Schedules;

public enum ScheduleResult
{
    /// <summary>A transfer began.</summary>
    Begun = 1,

    /// <summary>The one before was still going on.</summary>
    Skipped,

    /// <summary>No transfer could be made.</summary>
    Refused,
}

/// <summary>A transfer that begins at its times.</summary>
/// <param name="Cron">Minutes, hours, day of the month, month, day of the week; null means once.</param>
/// <param name="OnceAt">Null means again and again.</param>
/// <param name="Zone">Of the cron expression, such as Europe/Berlin.</param>
/// <param name="NextAt">Null if it does not begin by itself any more.</param>
public sealed record TransferSchedule(
    Guid Id, string Tenant, string Subject, Scopes Scopes, Guid? ApiKey, string Title, NamedDraft Draft, string? Cron,
    DateTimeOffset? OnceAt, string Zone, bool Enabled, DateTimeOffset? NextAt)
{
    public DateTimeOffset? LastAt { get; init; }
    public ScheduleResult? LastResult { get; init; }

    /// <summary>Why the last one was skipped or refused.</summary>
    public string? LastReason { get; init; }
    public Guid? LastTransfer { get; init; }

    /// <summary>Null if there was none, or it was removed.</summary>
    public TransferState? LastState { get; init; }

    /// <summary>What begins it in place of a time; null if its times do.</summary>
    public ArrivalRule? Arrival { get; init; }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<ScheduleRun> LastRuns { get; init; } = [];
    public long Runs { get; init; }
    public long Skipped { get; init; }
    public DateTimeOffset MadeAt { get; init; }
}

/// <param name="State">Of the transfer; null if there is none, or it was removed.</param>
public sealed record ScheduleRun(DateTimeOffset At, ScheduleResult Result, string? Reason, Guid? Transfer, TransferState? State);
