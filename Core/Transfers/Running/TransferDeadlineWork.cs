using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>Ends a transfer at its deadline, also one that is paused or waits.</summary>
public sealed class TransferDeadlineWork(ITransferWorkLedger ledger, TransferRights rights, TransferEnds ends, WorkQueue queue) : IWorkKind
{
    public string Name => "transfer_deadline";

    public int AtOnce => 2;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(2);

    public WorkBackoff Backoff => new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await ledger.GetAsync(lease.Reference, lease.Token) is not { HasEnded: false } transfer)
            return WorkOutcome.Done;
        var open = await ledger.ExpireAsync(lease.Item, transfer.Id, lease.Token);
        rights.Stop(transfer.Id);
        queue.Cancel(TransferItemWork.KindName, [.. open.Select(item => item.Id)]);
        // Uploads at the destination are aborted on a best-effort basis.
        var begun = open.Where(item => item.Session is not null).ToList();
        if (begun.Count > 0 && await rights.OwnerAsync(transfer, lease.Token) is { } owner
            && await ends.OpenAsync(transfer, owner, lease.Token) is { Value: { } opened })
        {
            foreach (var item in begun)
            {
                await opened.Sink.AbortAsync(item.Session!, lease.Token);
                lease.Progress();
            }
        }

        return WorkOutcome.Done;
    }
}
