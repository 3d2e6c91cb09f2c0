using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Moves one file of a transfer, and can go on after a kill at any point: what the destination has accepted is asked before a byte is sent,
/// and the digests' states are saved with each accepted piece.
/// </summary>
/// <remarks>
/// 1. Take up the item, with its owner's rights at this moment.
/// 2. Ask the source for the file as it is now. If it has another version than the one that was begun, begin again.
/// 3. Look for the name at the destination, once.
/// 4. Ask the destination how much it has, or begin an upload there.
/// 5. Bring the digests to that offset: after a kill at most one piece is read again for it.
/// 6. Read and send piece by piece, and record each one.
/// 7. Compare the digests of both ends with ours, and end the item.
/// </remarks>
public sealed partial class TransferItemWork(
    ITransferWorkLedger ledger, TransferRights rights, TransferProgress progress, TransferPace pace,
    TransferEnds ends, IRunningHashes hashes, TransferEngineOptions options, TimeProvider time, ILogger<TransferItemWork> log) : IWorkKind
{
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(1);

    // The transfers of files that follow others, as they were when the one before ended.
    private readonly ConcurrentDictionary<(long Work, long Epoch), Transfer> _following = new();

    public const string KindName = "transfer_item";

    public string Name => KindName;

    public int AtOnce => options.AtOnce;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(2);

    public WorkBackoff Backoff => new(options.FirstPause, options.LongestPause);

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        // 1.
        if (!_following.TryRemove((lease.Item.Id, lease.Item.Epoch), out var transfer))
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
            return await EndAsync(lease, item, NoRights(), []);
        try
        {
            return await RunAsync(lease, transfer, item, owner, work.Token);
        }
        catch (OperationCanceledException) when (!lease.Token.IsCancellationRequested)
        {
            // Else the transfer was paused or cancelled, or its window has closed: the next attempt finds out.
            return await EndAsync(
                lease, item, work.HasLostRights ? NoRights() : new ItemEnd(TransferItemState.Queued) { Pause = SoonAgain }, []);
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
        var move = new FileMove(lease, transfer, item, both, moving, paced, ledger, hashes, options);
        try
        {
            return await MoveAsync(move, cancellationToken) switch
            {
                { Fault: { } fault } => await FaultedAsync(lease, transfer, move.Item, fault, both),
                { Value: { } end } => await EndAsync(lease, move.Item, end, both.Calls.Take(), moving),
                _ => throw new InvalidOperationException("A move ends with a value or a fault."),
            };
        }
        finally
        {
            if (both.Calls.Take() is { Count: > 0 } calls)
                await ledger.AddCallsAsync(transfer.Id, item.Id, calls, CancellationToken.None);
        }
    }

    /// <summary>Runs a file's attempt; what nothing has foreseen counts as a failure of the file, so that it ends.</summary>
    private async Task<Outcome<ItemEnd>> MoveAsync(FileMove move, CancellationToken cancellationToken)
    {
        try
        {
            return await move.RunAsync(cancellationToken);
        }
        catch (Exception reason) when (reason is not (OperationCanceledException or LedgerUnavailableException))
        {
            Broke(move.Item.Id, reason);
            return new StorageFault(FaultKind.Refused, "The service met an error of its own with this file; its log has more.");
        }
    }

    /// <param name="opened">Null: the failure was before they were.</param>
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
            // What was begun is given up: some storages have one open upload for a name, and none is to keep a part of a file.
            if (opened is not null && item.Session is { } session && fault.Kind != FaultKind.Integrity)
                await opened.Sink.AbortAsync(session, CancellationToken.None);
            var again = new ItemProgress { Session = new SinkSession("", null), Position = 0, Restarted = !hasFailed };
            if (await ledger.SaveItemAsync(lease.Item, item.Id, again, CancellationToken.None) is null)
                return WorkOutcome.Settled;
        }

        return await EndAsync(lease, item, end, opened?.Calls.Take() ?? []);
    }

    // The outcome is recorded even while the service stops. A lost lease means that another worker has the item.
    private async Task<WorkOutcome> EndAsync(
        WorkLease lease, TransferItem item, ItemEnd end, IReadOnlyList<MadeCall> calls, TransferProgress.MovingFile? moving = null)
    {
        // After a failure others decide what comes next.
        var goesOn = end.State is TransferItemState.Done or TransferItemState.Skipped && !lease.Token.IsCancellationRequested;
        var askedAt = time.GetTimestamp();
        var ended = await ledger.EndItemAsync(lease.Item, item, end, calls, goesOn ? Lease : null, CancellationToken.None);
        if (!ended.Held)
            return WorkOutcome.Unsure;
        if (ended.Transfer is not { } transfer)
            return WorkOutcome.Settled;
        var counts = transfer.Counts;
        moving?.Saved(new TransferBytes(counts.DoneBytes, transfer.Scanned ? counts.Bytes : null, counts.MovedBytes));
        if (ended.Next is not { } next)
            return WorkOutcome.Settled;
        // The keys of a lane have the transfer's id.
        _following[(next.Id, next.Epoch)] = transfer;
        return WorkOutcome.SettledWith(next, askedAt);
    }

    [LoggerMessage(7801, LogLevel.Information, "Item {Item} of a transfer: {Kind}: {Sentence}")]
    private partial void Faulted(Guid item, FaultKind kind, string sentence);

    [LoggerMessage(7807, LogLevel.Error, "Item {Item} of a transfer broke")]
    private partial void Broke(Guid item, Exception reason);
}
