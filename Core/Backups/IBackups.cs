using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Core.Backups;

/// <summary>Makes and restores backups: copies of the ledger and of the files that it names, consistent with each other.</summary>
public interface IBackups
{
    /// <summary>
    /// Makes or renews the backup in this folder, also while the service runs. An earlier backup there stays usable until the new one is
    /// complete.
    /// </summary>
    /// <exception cref="StartRefusedException">No backup was made; the message says why.</exception>
    Task<BackupReport> MakeAsync(string folder, IJobProgress progress, CancellationToken cancellationToken);

    /// <summary>
    /// Restores the backup into an empty data directory and an empty database. Browsers are signed out, one-time links and cursors into
    /// events and changes become invalid, and keys and links are disabled.
    /// </summary>
    /// <exception cref="StartRefusedException">Nothing was restored; the message says why.</exception>
    Task<BackupReport> RestoreAsync(string folder, IJobProgress progress, CancellationToken cancellationToken);
}

/// <param name="MadeAt">The time of the ledger's snapshot.</param>
/// <param name="Files">The number of stored files; one upload may have several.</param>
/// <param name="Copied">The number of files that were not in the folder before.</param>
/// <param name="Missing">Files that the ledger names and the disk lacks.</param>
public sealed record BackupReport(DateTimeOffset MadeAt, long Files, long Bytes, long Copied, IReadOnlyList<string> Missing);
