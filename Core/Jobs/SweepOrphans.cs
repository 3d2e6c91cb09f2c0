using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Jobs;

/// <summary>
/// 1. Unlinks files whose tombstone is committed, and files that a request gave up but could not unlink. 2. Moves files that no row names
/// to the trash, but only files of fenced incarnations: these can record nothing any more, while a file of a running one may be about to
/// get its row (E4, E10). Crashes leave few such files; a large share of them suggests a wrong ledger, and then none is moved. Also returns
/// space that fenced incarnations reserved and did not use. 3. Empties the trash. 4. One node also looks at the store that all share.
/// </summary>
internal sealed class SweepOrphans(
    IReclaimLedger ledger, IChunkStore store, FileRemover remover, SharedSweep shared, Incarnation incarnation,
    IOptions<StorageOptions> options, IOptions<JobsOptions> jobs, ILogger<SweepOrphans> log) : IMaintenanceJob
{
    private const int Batch = 1000;

    // A crash hardly ever interrupts more requests, so this number of files may be moved whatever their share.
    public const int AlwaysMoved = 1000;

    // Fenced incarnations reserve no more space, so trimming once is enough.
    private bool _trimmed;

    public string Name => JobNames.SweepOrphans;

    public bool IsOfStore => true;

    public string Description =>
        "Removes files of deleted content, moves files that the ledger does not name to the trash, and empties the trash.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        var (removed, stuck) = await RemoveTombstonesAsync(progress, cancellationToken); // 1
        var (discarded, undiscarded) = remover.DiscardAgain();
        removed += discarded;
        var sweep = await TrashOrphansAsync(progress, cancellationToken); // 2
        progress.Report(sweep.Seen, sweep.Seen, "emptying the trash");
        var (files, bytes) = store.EmptyTrash(options.Value.TrashKeep, cancellationToken); // 3
        stuck += undiscarded + sweep.Stuck;
        var bucket = await shared.RunAsync(progress, cancellationToken); // 4
        return new JobReport(
            (removed + sweep.Trashed + files == 0
                ? $"Looked at {sweep.Seen} files; every one is named by the ledger or still in use."
                : $"Removed {removed} deleted files, moved {sweep.Trashed} orphans to the trash, purged {files} files from it.")
            + (bucket is null ? "" : $" Looked at {bucket.Seen} files in the bucket and removed {bucket.Removed}."),
            new Dictionary<string, long>
            {
                ["seen"] = sweep.Seen,
                ["removed"] = removed,
                ["trashed"] = sweep.Trashed,
                ["emptied"] = files,
                ["emptiedBytes"] = bytes,
                ["stuck"] = stuck,
                ["sharedSeen"] = bucket?.Seen ?? 0,
                ["sharedRemoved"] = bucket?.Removed ?? 0,
            })
        {
            Error = sweep.Refusal ?? bucket?.Fault
                ?? (stuck == 0 ? null : $"{stuck} files could not be removed; the next run tries again."),
        };
    }

    private async Task<(long Removed, long Stuck)> RemoveTombstonesAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        long removed = 0;
        // Asked after the tombstones are known: a backup that begins later has a ledger without these files.
        while (await ledger.TombstonesAsync(Batch, cancellationToken) is { Count: > 0 } tombstones
            && await ledger.MayUnlinkAsync(cancellationToken))
        {
            var gone = new List<StoredFile>(tombstones.Count);
            foreach (var file in tombstones)
            {
                if (Try(() => store.Delete(file)))
                    gone.Add(file);
            }

            if (gone.Count > 0)
                await ledger.ForgetFilesAsync(gone, cancellationToken);
            removed += gone.Count;
            progress.Report(removed, null, "deleted files removed");

            // The next query would return the same files at once.
            if (gone.Count < tombstones.Count)
                return (removed, tombstones.Count - gone.Count);
        }

        // Also when there is nothing left to delete: if a power loss restores a removed name, the file becomes an orphan once its row is
        // forgotten.
        await ledger.ForgetFilesAsync([], cancellationToken);
        return (removed, 0);
    }

    private async Task<Sweep> TrashOrphansAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        // An orphan stays an orphan, so collect all of them before moving the first.
        long seen = 0;
        var orphans = new List<StoredFile>();
        foreach (var batch in store.Enumerate(cancellationToken).Chunk(Batch))
        {
            // No request writes to a segment of another incarnation. An assembly or a prefix may still be written to.
            foreach (var file in batch.Where(
                file => !_trimmed && file.Incarnation != incarnation.Id && file.Kind == StoredFileKind.Segment))
                (store as IPreallocatingStore)?.Trim(file);
            orphans.AddRange(await ledger.OrphansAmongAsync(batch, cancellationToken));
            seen += batch.Length;
            progress.Report(seen, null, "files looked at");
        }

        _trimmed = true;
        if (orphans.Count > Math.Max(AlwaysMoved, seen * jobs.Value.MaxOrphanShare))
        {
            JobsLog.TooManyOrphans(log, orphans.Count, seen);
            return new Sweep(seen, 0, 0)
            {
                Refusal = $"The ledger does not name {orphans.Count} of {seen} stored files, more than Jobs:MaxOrphanShare: none was "
                    + $"moved. If the ledger was restored from an old backup, restore the newest; if not, raise that setting for one run.",
            };
        }

        long trashed = 0, stuck = 0;
        foreach (var orphan in orphans)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (store as IPreallocatingStore)?.Trim(orphan);
            if (!Try(() => store.Trash(orphan)))
            {
                stuck++;
                continue;
            }

            trashed++;
            JobsLog.Trashed(log, orphan.Kind, orphan.Incarnation, orphan.Unique);
        }

        return new Sweep(seen, trashed, stuck);
    }

    private bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (StoreException exception)
        {
            JobsLog.FileStuck(log, exception);
            return false;
        }
    }

    private readonly record struct Sweep(long Seen, long Trashed, long Stuck)
    {
        /// <summary>The reason why no file was moved.</summary>
        public string? Refusal { get; init; }
    }
}
