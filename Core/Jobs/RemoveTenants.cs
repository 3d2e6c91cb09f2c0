using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Core.Jobs;

/// <summary>Removes the data of tenants whose removal was requested. Each step may be repeated after a crash.</summary>
public sealed class RemoveTenants(
    IPeopleLedger people, ITenantRemovalLedger ledger, TrashPurger trash, FileRemover remover, TimeProvider time) : IMaintenanceJob
{
    private const int Batch = 500;

    // Requests that began before the removal are aborted within two seconds; nothing comes after that.
    private static readonly TimeSpan UntilCut = TimeSpan.FromSeconds(10);

    // The run ends after this number of passes without progress: a background worker is using something, and the next run continues.
    private const int IdleRounds = 20;
    private static readonly TimeSpan IdlePause = TimeSpan.FromMilliseconds(500);

    public string Name => JobNames.RemoveTenants;

    public string Description => "Removes the files, uploads, spaces, keys and users of tenants whose removal was asked for.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        long removed = 0, uploads = 0, left = 0;
        foreach (var tenant in (await people.ListTenantsAsync(cancellationToken)).Where(one => one.RemovedAt is not null))
        {
            var wait = tenant.RemovedAt!.Value + UntilCut - time.GetUtcNow();
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait < UntilCut ? wait : UntilCut, time, cancellationToken);
            var before = uploads;
            var (ended, done) = await RemoveAsync(
                tenant.Name, count => progress.Report(before + count, null, tenant.Name), cancellationToken);
            uploads += ended;
            removed += done ? 1 : 0;
            left += done ? 0 : 1;
        }

        return new JobReport(
            removed == 0 ? "No tenant was removed." : $"Removed {removed} tenants and {uploads} uploads.",
            new Dictionary<string, long> { ["tenants"] = removed, ["uploads"] = uploads, ["waiting"] = left })
        {
            Error = left == 0 ? null : $"{left} tenants still have data that is in use or could not be freed; the next run continues.",
        };
    }

    private async Task<(long Ended, bool Done)> RemoveAsync(string tenant, Action<long> report, CancellationToken cancellationToken)
    {
        long ended = 0;
        for (var idle = 0; idle < IdleRounds;)
        {
            // 1. The uploads that lie in no space, and their files.
            var batch = await ledger.EndUploadsAsync(tenant, Batch, cancellationToken);
            foreach (var upload in batch.Where(one => one.HasContent))
                await remover.TryReclaimAsync(upload.Id, cancellationToken);

            // 2. The entries of the spaces. Purging the trash frees their files.
            var (trashed, _) = await trash.RunAsync(null, cancellationToken);

            // 3. The rows, and finally the tenant.
            if (await ledger.TryRemoveAsync(tenant, Batch, cancellationToken))
                return (ended + batch.Count + trashed, true);
            ended += batch.Count + trashed;
            report(ended);
            if (batch.Count + trashed > 0)
            {
                idle = 0;
                continue;
            }

            idle++;
            await Task.Delay(IdlePause, time, cancellationToken);
        }

        return (ended, false);
    }
}
