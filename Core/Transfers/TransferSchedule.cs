using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers;

/// <summary>Source, destination and options under a name.</summary>
public sealed record TransferTemplate(Guid Id, string Tenant, string Subject, string Title, NamedDraft Draft, DateTimeOffset MadeAt);

/// <summary>A draft with the names of what it is about, as they were when it was kept.</summary>
/// <param name="Names">Of the files and folders at the source.</param>
public sealed record NamedDraft(TransferDraft Draft, IReadOnlyList<string> Names, string FolderName);

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
/// <param name="Cron">Minutes, hours, day of the month, month, day of the week; null: once.</param>
/// <param name="OnceAt">Null: again and again.</param>
/// <param name="Zone">Of the cron expression, such as Europe/Berlin.</param>
/// <param name="NextAt">Null: it does not begin by itself any more.</param>
public sealed record TransferSchedule(
    Guid Id, string Tenant, string Subject, Scopes Scopes, Guid? ApiKey, string Title, NamedDraft Draft, string? Cron,
    DateTimeOffset? OnceAt, string Zone, bool Enabled, DateTimeOffset? NextAt)
{
    public DateTimeOffset? LastAt { get; init; }
    public ScheduleResult? LastResult { get; init; }

    /// <summary>Why the last one was skipped or refused.</summary>
    public string? LastReason { get; init; }
    public Guid? LastTransfer { get; init; }

    /// <summary>Null: there was none, or it was removed.</summary>
    public TransferState? LastState { get; init; }

    /// <summary>What begins it in place of a time; null: its times do.</summary>
    public ArrivalRule? Arrival { get; init; }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<ScheduleRun> LastRuns { get; init; } = [];
    public long Runs { get; init; }
    public long Skipped { get; init; }
    public DateTimeOffset MadeAt { get; init; }
}

/// <summary>Whatever is published below a folder of the service goes on.</summary>
/// <param name="Folder">The one item of the draft.</param>
/// <param name="Own">Whether its owner's own uploads do.</param>
/// <param name="Others">The other subjects whose uploads do: users, keys and links, each named.</param>
public sealed record ArrivalRule(Guid Folder, bool Own, IReadOnlyList<string> Others);

/// <param name="State">Of the transfer; null: there is none, or it was removed.</param>
public sealed record ScheduleRun(DateTimeOffset At, ScheduleResult Result, string? Reason, Guid? Transfer, TransferState? State);

public enum ArrivalState
{
    Waiting = 1,

    /// <summary>A transfer moves it.</summary>
    Begun,

    /// <summary>It did not go on, for a reason.</summary>
    LeftOut,
}

/// <summary>A file that was published below the folder of a schedule.</summary>
/// <param name="Path">Below the folder, as it was.</param>
/// <param name="Subject">Who has published it.</param>
public sealed record Arrival(
    long Number, Guid Entry, string Path, string Subject, DateTimeOffset At, ArrivalState State, Guid? Transfer, string? Reason);

/// <summary>A file that was chosen for the next transfer of a schedule.</summary>
/// <param name="Path">Below the folder, as it is now; null: it is not there any more.</param>
public sealed record TakenArrival(long Number, Guid Entry, Guid Transfer, string? Path);

/// <summary>Why a file did not go on.</summary>
public sealed record LeftOut(long Number, string Reason);

/// <param name="Rested">How long ago the newest one arrived.</param>
/// <param name="Waited">How long ago the oldest one arrived.</param>
/// <param name="Chosen">Whether some were chosen for a transfer before a kill.</param>
/// <param name="Open">How many transfers of the schedule go on.</param>
public sealed record ArrivalsWaiting(int Count, TimeSpan Rested, TimeSpan Waited, bool Chosen, int Open);

/// <summary>Reads cron expressions.</summary>
public interface IScheduleTimes
{
    /// <returns>What is wrong with the expression, as a sentence; null: nothing.</returns>
    string? Fault(string cron, TimeZoneInfo zone, DateTimeOffset now);

    DateTimeOffset? NextAfter(string cron, TimeZoneInfo zone, DateTimeOffset moment);
}
