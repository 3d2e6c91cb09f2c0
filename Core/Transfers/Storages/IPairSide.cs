using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// A storage whose folders prove that they are there: where an id may lead to something else later, such as a path to a disk that is not
/// mounted, a mark in the folder does.
/// </summary>
public interface IRootMark
{
    /// <summary>Leaves the mark of a pair in its folder.</summary>
    Task<StorageFault?> MarkAsync(string root, Guid pair, CancellationToken cancellationToken);

    /// <summary>Returns a failure if the folder does not have the mark of the pair.</summary>
    Task<StorageFault?> ProveAsync(string root, Guid pair, CancellationToken cancellationToken);
}

/// <summary>A sink that can follow another side: it moves and removes exactly the version that was seen, and keeps it.</summary>
public interface IFollowingSink : ISink
{
    /// <summary>For how long a storage without a trash keeps what was removed or replaced.</summary>
    static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>
    /// Removes a file of this version, or an empty folder. <see cref="FaultKind.Taken"/>: another version, or not empty.
    /// </summary>
    Task<StorageFault?> RemoveAsync(SinkEntry seen, CancellationToken cancellationToken);

    /// <summary>Moves a file of this version to a free name. <see cref="FaultKind.Taken"/>: another version, or a taken name.</summary>
    Task<Outcome<SinkEntry>> MoveAsync(SinkEntry seen, string folder, string name, CancellationToken cancellationToken);

    /// <summary>Frees what was kept before this time, where the storage has no trash of its own.</summary>
    /// <param name="id">Of something there: what was kept of a bucket lies in the same one.</param>
    Task PurgeKeptAsync(string id, DateTimeOffset before, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A sink that puts back by itself what was replaced.</summary>
public interface IRestoringSink : IFollowingSink
{
    /// <summary>
    /// Puts a content that was replaced back in the place of a file of this version, which is kept in turn. <see cref="FaultKind.Gone"/>:
    /// it is not kept any more. <see cref="FaultKind.Taken"/>: another version.
    /// </summary>
    /// <param name="version">The version that was replaced.</param>
    Task<Outcome<SinkEntry>> RestoreAsync(SinkEntry seen, string version, CancellationToken cancellationToken);
}

/// <summary>A source whose earlier versions can be read.</summary>
public interface IVersionSource : ISource
{
    /// <summary>
    /// Finds an earlier version of a file, which is then read like any other. <see cref="FaultKind.Gone"/>: it is not kept any more.
    /// </summary>
    Task<Outcome<SourceItem>> EarlierAsync(string id, string version, long size, CancellationToken cancellationToken);
}
