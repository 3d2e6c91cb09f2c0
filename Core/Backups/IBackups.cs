using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Core.Backups;

/// <summary>Copies of the ledger and of the files that it names, which belong together.</summary>
public interface IBackups
{
    /// <summary>
    /// Makes or renews the backup in this folder, also while the service runs. Until its end an earlier backup there stays whole.
    /// </summary>
    /// <exception cref="StartRefusedException">Contains the sentence that says why no backup was made.</exception>
    Task<BackupReport> MakeAsync(string folder, IJobProgress progress, CancellationToken cancellationToken);

    /// <summary>
    /// Brings the backup back to an empty data directory and an empty database. Browsers are signed out, one-time links are void, cursors
    /// into events and changes end, and keys and links are disabled.
    /// </summary>
    /// <exception cref="StartRefusedException">Contains the sentence that says why nothing could be restored.</exception>
    Task<BackupReport> RestoreAsync(string folder, IJobProgress progress, CancellationToken cancellationToken);
}

/// <param name="MadeAt">When the ledger was as the backup has it.</param>
/// <param name="Files">Stored files; one upload may have several.</param>
/// <param name="Copied">Those that the folder did not have yet.</param>
/// <param name="Missing">Files that the ledger names and the disk lacks.</param>
public sealed record BackupReport(DateTimeOffset MadeAt, long Files, long Bytes, long Copied, IReadOnlyList<string> Missing);
