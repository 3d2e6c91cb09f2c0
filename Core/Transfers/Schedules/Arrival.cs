namespace ChunkUpload.Core.Transfers.Schedules;

/// <summary>Whatever is published below a folder of the service goes on.</summary>
/// <param name="Folder">The one item of the draft.</param>
/// <param name="Own">Whether its owner's own uploads do.</param>
/// <param name="Others">The other subjects whose uploads do: users, keys and links, each named.</param>
public sealed record ArrivalRule(Guid Folder, bool Own, IReadOnlyList<string> Others);

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
/// <param name="Path">Below the folder, as it is now; null if it is not there any more.</param>
public sealed record TakenArrival(long Number, Guid Entry, Guid Transfer, string? Path);

/// <summary>Why a file did not go on.</summary>
public sealed record LeftOut(long Number, string Reason);

/// <param name="Rested">How long ago the newest one arrived.</param>
/// <param name="Waited">How long ago the oldest one arrived.</param>
/// <param name="Chosen">Whether some were chosen for a transfer before a kill.</param>
/// <param name="Open">How many transfers of the schedule go on.</param>
public sealed record ArrivalsWaiting(int Count, TimeSpan Rested, TimeSpan Waited, bool Chosen, int Open);
