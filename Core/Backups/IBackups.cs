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
    /// <exception cref="StartRefusedException">Contains the sentence that says why no backup was made.</exception>
    Task<BackupReport> MakeAsync(string folder, IJobProgress progress, CancellationToken cancellationToken);

    /// <summary>
    /// Restores the backup into an empty data directory and an empty database. Browsers are signed out, one-time links and cursors into
    /// events and changes become invalid, and keys and links are disabled.
    /// </summary>
    /// <exception cref="StartRefusedException">Contains the sentence that says why nothing could be restored.</exception>
    Task<BackupReport> RestoreAsync(string folder, IJobProgress progress, CancellationToken cancellationToken);
}

/// <param name="MadeAt">The moment that the copy of the ledger shows.</param>
/// <param name="Files">Stored files; one upload may have several.</param>
/// <param name="Copied">Files that the folder did not have yet.</param>
/// <param name="Missing">Files that the ledger names and the disk lacks.</param>
public sealed record BackupReport(DateTimeOffset MadeAt, long Files, long Bytes, long Copied, IReadOnlyList<string> Missing);
