using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Jobs;

/// <param name="Fault">Why not all orphans were removed; <c>null</c>: they were.</param>
internal sealed record SharedSweepReport(long Seen, long Removed, string? Fault);

/// <summary>
/// Removes what no row names from the store that all nodes share: files of fenced incarnations, and what their unfinished writes have left.
/// A node that has been silent for a day and has no file on its disk is fenced first.
/// Only what is older than a day by the store's own clock, because a write whose answer was lost may take effect after its incarnation was
/// fenced. There is no trash, so a large share of orphans, which suggests a wrong ledger, is left alone.
/// </summary>
internal sealed class SharedSweep(
    IReclaimLedger ledger, Stores stores, IOptions<JobsOptions> jobs, ILogger<SweepOrphans> log)
{
    private const int Batch = 1000;

    private static readonly TimeSpan LeastAge = TimeSpan.FromDays(1);

    /// <returns>Null if there is no such store, or if another node looks after it.</returns>
    public async Task<SharedSweepReport?> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        if (stores.Shared is not { } shared || !await ledger.LooksAfterSharedAsync(cancellationToken))
            return null;
        long seen = 0, removed = 0;
        foreach (var node in await ledger.FenceSilentAsync(cancellationToken))
            JobsLog.SilentNodeFenced(log, node);
        try
        {
            var before = await shared.NowAsync(cancellationToken) - LeastAge;
            var orphans = new List<StoredObject>();
            await foreach (var batch in BatchesAsync(shared, cancellationToken))
            {
                seen += batch.Count;
                var old = batch.Where(one => one.Modified < before).ToList();
                var files = await ledger.OrphansAmongAsync([.. old.Select(one => one.File).Distinct()], cancellationToken);
                orphans.AddRange(old.Where(one => files.Contains(one.File)));
                progress.Report(seen, null, "files in the bucket looked at");
            }

            if (orphans.Count > Math.Max(SweepOrphans.AlwaysMoved, seen * jobs.Value.MaxOrphanShare))
            {
                JobsLog.TooManyOrphans(log, orphans.Count, seen);
                return new SharedSweepReport(
                    seen, 0, $"The ledger does not name {orphans.Count} of {seen} files in the bucket, more than Jobs:MaxOrphanShare: none "
                        + "was removed. If the ledger was restored from an old backup, restore the newest; if not, raise that setting for "
                        + "one run.");
            }

            // Asked after the orphans are known, as before tombstones are unlinked.
            if (orphans.Count > 0 && !await ledger.MayUnlinkAsync(cancellationToken))
                return new SharedSweepReport(seen, 0, null);
            foreach (var orphan in orphans)
            {
                await shared.DeleteAsync(orphan, cancellationToken);
                removed++;
            }

            return new SharedSweepReport(seen, removed, null);
        }
        catch (StoreException exception)
        {
            JobsLog.FileStuck(log, exception);
            return new SharedSweepReport(seen, removed, $"{exception.Message} The next run tries again.");
        }
    }

    private static async IAsyncEnumerable<List<StoredObject>> BatchesAsync(
        IObjectStore shared, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new List<StoredObject>();
        await foreach (var one in shared.ListAsync(cancellationToken))
        {
            batch.Add(one);
            if (batch.Count < Batch)
                continue;
            yield return batch;
            batch = [];
        }

        if (batch.Count > 0)
            yield return batch;
    }
}
