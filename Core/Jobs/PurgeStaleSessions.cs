using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Tree;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Ends uploads that have received no byte for too long, and finished files whose retention time has passed, in batches. Each upload is
/// checked again under its own lock, so an upload that has just received a byte stays (E29). The job skips rows that other transactions
/// have locked, so no request waits for it.
/// </summary>
internal sealed class PurgeStaleSessions(
    IReclaimLedger ledger, FileRemover remover, TrashPurger trash, NetworkBook networks, IOptions<UploadOptions> options) : IMaintenanceJob
{
    private const int Batch = 200;

    // Each is a small transaction whose commit waits for the disk. A few at a time share that wait and leave the pool to the requests.
    private const int Lanes = 4;

    public string Name => JobNames.PurgeStaleSessions;

    public string Description => "Ends uploads that have received no byte for longer than allowed, unfiled files whose retention time "
        + "is over, and what has been in the trash for longer than Files:KeepDeleted, and frees their space.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        long ended = 0, waiting = 0;
        while (await ledger.PurgeAsync(Batch, options.Value.KeepFinishedFor, cancellationToken) is { Count: > 0 } batch)
        {
            ended += batch.Count;
            foreach (var purged in batch)
                networks.Close(purged.Id);
            var full = batch.Where(purged => purged.HasContent).Select(purged => purged.Id);
            await Parallel.ForEachAsync(
                full, new ParallelOptions { MaxDegreeOfParallelism = Lanes, CancellationToken = cancellationToken }, async (id, token) =>
            {
                // A file that cannot be unlinked now stays tombstoned, and sweep-orphans tries again.
                if (!await remover.TryReclaimAsync(id, token))
                    Interlocked.Increment(ref waiting);
            });

            progress.Report(ended, null, "uploads ended");
        }

        var stale = ended;
        var (trashed, trashWaiting) = await trash.RunAsync(
            count => progress.Report(stale + count, null, "uploads ended"), cancellationToken);
        waiting += trashWaiting;
        return new JobReport(
            (stale == 0 ? "Nothing was stale. " : $"Ended {stale} stale uploads and freed their space. ")
                + (trashed == 0 ? "Nothing in the trash was old enough." : $"Freed {trashed} contents from the trash."),
            new Dictionary<string, long> { ["ended"] = stale, ["trashed"] = trashed, ["waiting"] = waiting })
        {
            Error = waiting == 0 ? null : $"The files of {waiting} ended uploads could not be removed; sweep-orphans tries again.",
        };
    }
}
