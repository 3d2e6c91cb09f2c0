using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>A storage that reports changes since a position, so that its folders need not be listed.</summary>
public interface IChangeFeed
{
    /// <summary>How long an absence of changes is trusted before a full scan.</summary>
    TimeSpan LongestQuiet => TimeSpan.FromDays(1);

    /// <summary>Returns whether the feed covers the items below a folder.</summary>
    bool Covers(string root) => true;

    /// <summary>Returns the current position for the items below a folder.</summary>
    Task<Outcome<string>> PositionAsync(string root, CancellationToken cancellationToken);

    /// <summary>
    /// Returns a page of changes, which may be outside of the folder. <see cref="FaultKind.Gone"/> or <see cref="FaultKind.Refused"/> means
    /// that the position is no longer valid.
    /// </summary>
    Task<Outcome<ChangedPage>> ChangesAsync(string position, CancellationToken cancellationToken);
}

/// <param name="Next">The position after the page.</param>
/// <param name="HasMore">Whether there are more changes.</param>
public sealed record ChangedPage(IReadOnlyList<ChangedItem> Changes, string Next, bool HasMore);

/// <param name="Parent">The current folder of the object; <c>null</c> if unknown.</param>
public sealed record ChangedItem(string Id, string? Parent);

/// <summary>Provides the folders for which the operating system reports changes immediately.</summary>
public interface IFolderWatches
{
    IReadOnlyList<WatchedFolder> List();
}

/// <param name="Position">The current position of its feed.</param>
public sealed record WatchedFolder(Guid Connection, string Root, string Position);
