using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>A storage that tells what has changed since a position, so that its folders need not be listed to find out.</summary>
public interface IChangeFeed
{
    /// <summary>For how long it is believed that nothing has changed.</summary>
    TimeSpan LongestQuiet => TimeSpan.FromDays(1);

    /// <summary>Returns whether the feed covers what is below a folder.</summary>
    bool Covers(string root) => true;

    /// <summary>The present position for what is below a folder.</summary>
    Task<Outcome<string>> PositionAsync(string root, CancellationToken cancellationToken);

    /// <summary>
    /// A page of what has changed, also outside of the folder. <see cref="FaultKind.Gone"/> or <see cref="FaultKind.Refused"/>: the
    /// position counts no longer.
    /// </summary>
    Task<Outcome<ChangedPage>> ChangesAsync(string position, CancellationToken cancellationToken);
}

/// <param name="Next">The position after the page.</param>
/// <param name="HasMore">Whether more has changed already.</param>
public sealed record ChangedPage(IReadOnlyList<ChangedItem> Changes, string Next, bool HasMore);

/// <param name="Parent">The folder of the object now; <c>null</c> if the storage does not say.</param>
public sealed record ChangedItem(string Id, string? Parent);

/// <summary>Knows the folders of which the system says at once that something below them has changed.</summary>
public interface IFolderWatches
{
    IReadOnlyList<WatchedFolder> List();
}

/// <param name="Position">Where its feed is now.</param>
public sealed record WatchedFolder(Guid Connection, string Root, string Position);
