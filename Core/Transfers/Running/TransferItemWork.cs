using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Copies one file of a transfer: starts its item with the owner's current rights, runs <see cref="FileCopy"/>, and ends the item or queues
/// it again.
/// </summary>
public sealed partial class TransferItemWork(
    ITransferWorkLedger ledger, TransferRights rights, TransferProgress progress, TransferPace pace,
    TransferEnds ends, IRunningHashes hashes, TransferMeter meter, TransferEngineOptions options, TimeProvider time,
    ILogger<TransferItemWork> log) : IWorkKind
{
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(1);

    // The transfers of files that follow others in a lane, as read when the previous file ended.
    private readonly ConcurrentDictionary<LeaseId, Transfer> _following = new();

    private int _moving;

    public const string KindName = "transfer_item";

    public string Name => KindName;

    public int AtOnce => options.AtOnce;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(2);

    public WorkBackoff Backoff => new(options.FirstPause, options.LongestPause);

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (!_following.TryRemove(lease.Item.Lease, out var transfer))
            transfer = await ledger.OfItemAsync(lease.Reference, lease.Token);
        if (transfer is null)
            return WorkOutcome.Done;
        using var window = new RunWindow(pace.TimesOf(transfer), time);
        if (await window.WaitAsync(ledger, transfer, lease.Token))
            return WorkOutcome.Postponed(TimeSpan.Zero);
        var owner = await rights.OwnerAsync(transfer, lease.Token);
        using var work = owner is null ? null : rights.Begin(transfer, owner, window.Within(lease.Token));
        if (await ledger.BeginItemAsync(lease.Item, lease.Reference, lease.Token) is not { } item)
            return WorkOutcome.Done;
        if (item.State != TransferItemState.Running)
            return WorkOutcome.Postponed(SoonAgain);
        if (owner is null || work is null)
            return await EndAsync(lease, item, NoRights(), null);
        try
        {
            return await RunAsync(lease, transfer, item, owner, work.Token);
        }
        catch (OperationCanceledException) when (!lease.Token.IsCancellationRequested)
        {
            // Otherwise the transfer was paused or cancelled, or its window has closed; the next attempt finds out.
            return await EndAsync(
                lease, item, work.HasLostRights ? NoRights() : new ItemEnd(TransferItemState.Queued) { Pause = SoonAgain }, null);
        }
    }

    private static ItemEnd NoRights() => new(TransferItemState.Queued)
    {
        Reason = TransferRights.NoneNow,
        Wait = WaitReason.Rights,
        Pause = TransferRights.LookAgain,
    };

    private async Task<WorkOutcome> RunAsync(
        WorkLease lease, Transfer transfer, TransferItem item, Caller owner, CancellationToken cancellationToken)
    {
        var opened = await ends.OpenAsync(transfer, owner, cancellationToken);
        if (!opened.Ok)
            return await FaultedAsync(lease, transfer, item, opened.Fault, null);
        using var both = opened.Value;
        using var moving = progress.Begin(transfer);
        using var paced = pace.Begin(transfer, owner);
        var beganAt = time.GetTimestamp();
        // A file that takes longer than its turn yields after a piece if all slots are in use, so that no transfer waits for its end.
        var checkpoint = new ItemCheckpoint(
            lease, transfer, item, both, moving, paced, new PieceLength(time, options.Turn), ledger,
            () => Volatile.Read(ref _moving) >= options.AtOnce && time.GetElapsedTime(beganAt) >= options.Turn);
        var rules = new CopyRules(checkpoint.Folder, options.PieceSize, transfer.Options.Verify, both.Back)
        {
            IsInside = transfer.Source is not null && transfer.Source == transfer.Destination,
            Condition = transfer.Sync is null ? null : new SinkCondition(item.ReplacesVersion),
        };
        var copy = new FileCopy(both.Source, both.Sink, checkpoint, rules, checkpoint.Recorded, hashes);
        _ = Interlocked.Increment(ref _moving);
        try
        {
            var copied = await CopyAsync(item, copy, cancellationToken);
            item = checkpoint.ItemAt(copy.State);
            return copied.Ok
                ? await EndAsync(lease, item, ItemEnd.Of(copied.Value), both, moving)
                : await FaultedAsync(lease, transfer, item, copied.Fault, both);
        }
        finally
        {
            _ = Interlocked.Decrement(ref _moving);
            if (both.Calls.Take() is { Count: > 0 } calls)
                await ledger.AddCallsAsync(transfer.Id, item.Id, calls, CancellationToken.None);
        }
    }

    /// <summary>
    /// Runs an attempt of a file. An unexpected exception counts as a failure of the file, so that its retries are limited.
    /// </summary>
    private async Task<Outcome<CopyEnd>> CopyAsync(TransferItem item, FileCopy copy, CancellationToken cancellationToken)
    {
        try
        {
            return await copy.RunAsync(cancellationToken);
        }
        catch (Exception reason) when (reason is not (OperationCanceledException or LedgerUnavailableException))
        {
            Broke(item.Id, reason);
            return new StorageFault(FaultKind.Refused, "An internal error occurred with this file; see the log of the service.");
        }
    }

    /// <param name="opened">Null if the failure occurred before they were opened.</param>
    private async Task<WorkOutcome> FaultedAsync(
        WorkLease lease, Transfer transfer, TransferItem item, StorageFault fault, OpenEnds? opened)
    {
        fault = FaultPolicy.Read(fault, transfer, time.GetUtcNow(), options);
        Faulted(item.Id, fault.Kind, fault.Sentence);
        var end = FaultPolicy.EndOf(fault, item.Attempts, item.Restarts, transfer.Options.Attempts, options);
        await ends.ReportAsync(transfer, fault, end.Pause);
        var hasFailed = end.State == TransferItemState.Failed;
        if (hasFailed || FaultPolicy.Restarts(fault.Kind))
        {
            // Abort the upload: some storages allow one open upload per name, and none should keep a part of a file.
            if (opened is not null && item.Session is { } session && fault.Kind != FaultKind.Integrity)
                await opened.Sink.AbortAsync(session, CancellationToken.None);
            CopyStep[] again = [new CopyRestarted(Counted: !hasFailed)];
            if (await ledger.SaveItemAsync(lease.Item, item.Id, again, null, CancellationToken.None) is null)
                return WorkOutcome.Settled;
        }

        return await EndAsync(lease, item, end, opened);
    }

    // The outcome is recorded even while the service stops. A lost lease means that another worker has the item.
    private async Task<WorkOutcome> EndAsync(
        WorkLease lease, TransferItem item, ItemEnd end, OpenEnds? opened, TransferProgress.MovingFile? moving = null)
    {
        // After a failure, the queue decides what comes next.
        var goesOn = end.State is TransferItemState.Done or TransferItemState.Skipped && !lease.Token.IsCancellationRequested;
        var askedAt = time.GetTimestamp();
        var ended = await ledger.EndItemAsync(
            lease.Item, item, end, opened?.Calls.Take() ?? [], goesOn ? Lease : null, CancellationToken.None);
        if (!ended.Held)
            return WorkOutcome.Unsure;
        if (opened is not null)
            meter.Ended(opened, end, item.Size, time.GetElapsedTime(opened.OpenedAt));
        if (ended.Transfer is not { } transfer)
            return WorkOutcome.Settled;
        var counts = transfer.Counts;
        moving?.Saved(new TransferBytes(counts.DoneBytes, transfer.Scanned ? counts.Bytes : null, counts.MovedBytes));
        if (ended.Next is not { } next)
            return WorkOutcome.Settled;
        // The keys of a lane have the transfer's id.
        _following[next.Lease] = transfer;
        return WorkOutcome.SettledWith(next, askedAt);
    }

    [LoggerMessage(7801, LogLevel.Information, "Item {Item} of a transfer: {Kind}: {Sentence}")]
    private partial void Faulted(Guid item, FaultKind kind, string sentence);

    [LoggerMessage(7807, LogLevel.Error, "Item {Item} of a transfer failed unexpectedly")]
    private partial void Broke(Guid item, Exception reason);
}
