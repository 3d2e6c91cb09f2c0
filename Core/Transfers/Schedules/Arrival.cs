namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>A rule that transfers all files that are published below a folder of the service.</summary>
/// <param name="Folder">The one item of the draft.</param>
/// <param name="Own">Whether the owner's own uploads are included.</param>
/// <param name="Others">The other subjects whose uploads are included: users, keys and links.</param>
public sealed record ArrivalRule(Guid Folder, bool Own, IReadOnlyList<string> Others);

public enum ArrivalState
{
    Waiting = 1,

    /// <summary>It is part of a transfer.</summary>
    Begun,

    /// <summary>It was not transferred, for a reason.</summary>
    LeftOut,
}

/// <summary>A file that was published below the folder of a schedule.</summary>
/// <param name="Path">The path below the folder when it arrived.</param>
/// <param name="Subject">The subject that published it.</param>
public sealed record Arrival(
    long Number, Guid Entry, string Path, string Subject, DateTimeOffset At, ArrivalState State, Guid? Transfer, string? Reason);

/// <summary>A file that was selected for the next transfer of a schedule.</summary>
/// <param name="Path">The current path below the folder; null if it no longer exists.</param>
public sealed record TakenArrival(long Number, Guid Entry, Guid Transfer, string? Path);

/// <summary>Why a file was not transferred.</summary>
public sealed record LeftOut(long Number, string Reason);

/// <param name="Rested">The time since the newest file arrived.</param>
/// <param name="Waited">The time since the oldest file arrived.</param>
/// <param name="Chosen">Whether files were already selected for a transfer before a kill.</param>
/// <param name="Open">The number of running transfers of the schedule.</param>
public sealed record ArrivalsWaiting(int Count, TimeSpan Rested, TimeSpan Waited, bool Chosen, int Open);
