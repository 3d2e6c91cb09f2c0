namespace ChunkUpload.Core.Tree;

/// <summary>
/// Determines which earlier contents of each file are kept. The parts are combined: the newest contents, and the newest one of each hour,
/// day and week for some time after it was replaced. The oldest ones above the limit of bytes are then removed.
/// </summary>
/// <param name="Last">The number of newest earlier contents that are kept.</param>
/// <param name="Hours">The number of hours for which one content per hour is kept.</param>
/// <param name="Days">The number of days for which one content per day is kept.</param>
/// <param name="Weeks">The number of weeks for which one content per week is kept.</param>
/// <param name="Bytes">The maximum bytes of earlier contents of one file; <c>null</c> if there is no limit.</param>
public sealed record VersionPolicy(int Last, int Hours, int Days, int Weeks, long? Bytes)
{
    public const int MostLast = 10_000;
    public const int MostHours = 24 * 366;
    public const int MostDays = 36_500;
    public const int MostWeeks = 5_200;

    /// <summary>The value of <see cref="Last"/> if only the bytes are limited.</summary>
    public const int All = int.MaxValue;

    /// <summary>Returns the policy of these parts; null if all of them are missing.</summary>
    public static VersionPolicy? Of(int? last, int? hours, int? days, int? weeks, long? bytes)
    {
        var counts = last is not null || hours is not null || days is not null || weeks is not null;
        return counts || bytes is not null ? new(last ?? (counts ? 0 : All), hours ?? 0, days ?? 0, weeks ?? 0, bytes) : null;
    }
}

/// <summary>The policy of a folder, for the files in it and below it.</summary>
/// <param name="Folder">The folder that has the policy; the root of the space if it is that of the whole space.</param>
/// <param name="Path">The path of the folder; <c>null</c> if it is in the trash.</param>
/// <param name="SettlesIn">The service time after which contents that existed when the policy was set may be removed.</param>
public sealed record FolderPolicy(
    EntryId Folder, IReadOnlyList<string>? Path, VersionPolicy Policy, DateTimeOffset SetAt, string SetBy, TimeSpan SettlesIn);

/// <summary>The policies of a space, and the size of its earlier contents.</summary>
/// <param name="Default">The service's own policy, which applies if no folder has one; <c>null</c> if there is none.</param>
/// <param name="Leaving">The earlier contents that no policy keeps and that are removed within a week; <c>null</c> if the space has too
/// many to examine.</param>
public sealed record SpaceVersions(IReadOnlyList<FolderPolicy> Policies, VersionPolicy? Default, long Bytes, LeavingVersions? Leaving);

public sealed record LeavingVersions(long Count, long Bytes);
