using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// A storage that identifies its root folders by a marker file, because their ids may later refer to something else, such as a path to a
/// disk that is not mounted.
/// </summary>
public interface IRootMark
{
    /// <summary>Writes the marker of a pair into its folder.</summary>
    Task<StorageFault?> MarkAsync(string root, Guid pair, CancellationToken cancellationToken);

    /// <summary>Returns a failure if the folder does not contain the marker of the pair.</summary>
    Task<StorageFault?> ProveAsync(string root, Guid pair, CancellationToken cancellationToken);
}

/// <summary>
/// A sink that can be a side of a pair: it moves and removes exactly the version that was seen, and keeps removed content.
/// </summary>
public interface IFollowingSink : ISink
{
    /// <summary>How long removed or replaced content is kept in a storage without a trash.</summary>
    static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>
    /// Removes a file of this version, or an empty folder. Returns <see cref="FaultKind.Taken"/> if the version differs or the folder is
    /// not empty.
    /// </summary>
    Task<StorageFault?> RemoveAsync(SinkEntry seen, CancellationToken cancellationToken);

    /// <summary>
    /// Moves a file of this version to a free name. Returns <see cref="FaultKind.Taken"/> if the version differs or the name is taken.
    /// </summary>
    Task<Outcome<SinkEntry>> MoveAsync(SinkEntry seen, string folder, string name, CancellationToken cancellationToken);

    /// <summary>
    /// Returns why a file that was just written does not count as arrived: it or a folder above it is in the trash or gone. A storage that
    /// accepts such writes must override this method. Returns <c>null</c> if the file is in its place.
    /// </summary>
    Task<StorageFault?> PlaceFaultAsync(SinkEntry made, SinkFile file, CancellationToken cancellationToken) =>
        Task.FromResult<StorageFault?>(null);

    /// <summary>Deletes content that was kept before this time, if the storage has no trash of its own.</summary>
    /// <param name="id">The id of any object in the storage: kept content of a bucket is in the same bucket.</param>
    Task PurgeKeptAsync(string id, DateTimeOffset before, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A sink that can restore replaced content itself.</summary>
public interface IRestoringSink : IFollowingSink
{
    /// <summary>
    /// Restores replaced content of a file that has this version. The content it replaces is kept. Returns <see cref="FaultKind.Gone"/> if
    /// the replaced content is no longer kept, and <see cref="FaultKind.Taken"/> if the version differs.
    /// </summary>
    /// <param name="version">The version that was replaced.</param>
    Task<Outcome<SinkEntry>> RestoreAsync(SinkEntry seen, string version, CancellationToken cancellationToken);
}

/// <summary>A source whose earlier versions can be read.</summary>
public interface IVersionSource : ISource
{
    /// <summary>
    /// Finds an earlier version of a file, which is then read like any other. Returns <see cref="FaultKind.Gone"/> if it is no longer kept.
    /// </summary>
    Task<Outcome<SourceItem>> EarlierAsync(string id, string version, long size, CancellationToken cancellationToken);
}
