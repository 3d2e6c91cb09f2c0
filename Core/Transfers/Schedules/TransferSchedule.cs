using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers.Schedules;

public enum ScheduleResult
{
    /// <summary>A transfer began.</summary>
    Begun = 1,

    /// <summary>The previous transfer was still running.</summary>
    Skipped,

    /// <summary>No transfer could be created.</summary>
    Refused,
}

/// <summary>A schedule that starts transfers.</summary>
/// <param name="Cron">Minutes, hours, day of the month, month, day of the week; null if it runs once.</param>
/// <param name="OnceAt">When it runs once; null if it repeats.</param>
/// <param name="Zone">The time zone of the cron expression, such as Europe/Berlin.</param>
/// <param name="NextAt">When it runs next; null if it no longer runs automatically.</param>
public sealed record TransferSchedule(
    Guid Id, string Tenant, string Subject, Scopes Scopes, Guid? ApiKey, string Title, NamedDraft Draft, string? Cron,
    DateTimeOffset? OnceAt, string Zone, bool Enabled, DateTimeOffset? NextAt)
{
    public DateTimeOffset? LastAt { get; init; }
    public ScheduleResult? LastResult { get; init; }

    /// <summary>Why the last run was skipped or refused.</summary>
    public string? LastReason { get; init; }
    public Guid? LastTransfer { get; init; }

    /// <summary>The state of the last transfer; null if there was none, or it was removed.</summary>
    public TransferState? LastState { get; init; }

    /// <summary>The arrival rule that starts it instead of a time; null if it runs at times.</summary>
    public ArrivalRule? Arrival { get; init; }

    /// <summary>The last runs, the newest first.</summary>
    public IReadOnlyList<ScheduleRun> LastRuns { get; init; } = [];
    public long Runs { get; init; }
    public long Skipped { get; init; }
    public DateTimeOffset MadeAt { get; init; }
}

/// <param name="State">The state of the transfer; null if there is none, or it was removed.</param>
public sealed record ScheduleRun(DateTimeOffset At, ScheduleResult Result, string? Reason, Guid? Transfer, TransferState? State);
