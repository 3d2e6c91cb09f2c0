using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// The work of a transfer itself: reads the folders of the source, makes those of the destination, keeps some of the files in the queue,
/// and ends the transfer. One worker at a time has its lease, so each folder has one creator.
/// </summary>
public sealed partial class TransferWork(
    ITransferWorkLedger ledger, TransferRights rights, TransferPace pace, TransferEnds ends,
    TransferPlanner planner, WorkQueue queue, TransferEngineOptions options, TimeProvider time, ILogger<TransferWork> log) : IWorkKind
{
    private const int FolderBatch = 50;

    public const string KindName = "transfer";

    // The end of an item wakes the work; this is for what no end announces.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(1);

    public string Name => KindName;

    public int AtOnce => options.AtOnce;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(2);

    public WorkBackoff Backoff => new(options.FirstPause, options.LongestPause);

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await ledger.GetAsync(lease.Reference, lease.Token) is not { HasEnded: false } transfer)
            return WorkOutcome.Done;
        using var window = new RunWindow(pace.TimesOf(transfer), time);
        if (!transfer.Cancelling && await window.WaitAsync(ledger, transfer, lease.Token))
            return WorkOutcome.Postponed(TimeSpan.Zero);
        var owner = await rights.OwnerAsync(transfer, lease.Token);
        // Cancelling needs no right of its owner's: a disabled user's uploads elsewhere are ended as well as they can be.
        if (owner is null && !transfer.Cancelling)
            return await NoRightsAsync(lease, transfer);
        var opened = owner is null ? default : await ends.OpenAsync(transfer, owner, lease.Token);
        if (transfer.Cancelling)
            return await CancelAsync(lease, transfer, opened.Value);
        if (!opened.Ok)
            return await FaultedAsync(lease, transfer, opened.Fault);
        using var work = rights.Begin(transfer, owner!, window.Within(lease.Token));
        try
        {
            // It may have been paused or cancelled before the work was listed.
            if (await ledger.GetAsync(transfer.Id, work.Token) is not { State: not TransferState.Paused, Cancelling: false })
                return WorkOutcome.Postponed(SoonAgain);
            if (await RunAsync(lease, transfer, opened.Value, work.Token) is { } fault)
                return await FaultedAsync(lease, transfer, fault, opened.Value);
            return transfer.Planning
                ? await PlanAsync(lease, transfer, owner!, opened.Value, work.Token)
                : await SettleAsync(lease, transfer);
        }
        catch (OperationCanceledException) when (!lease.Token.IsCancellationRequested)
        {
            // Else it was paused or cancelled, or its window has closed: the next attempt finds out.
            return work.HasLostRights ? await NoRightsAsync(lease, transfer) : WorkOutcome.Postponed(SoonAgain);
        }
        finally
        {
            if (opened.Value.Calls.Take() is { Count: > 0 } calls)
                await ledger.AddCallsAsync(transfer.Id, null, calls, CancellationToken.None);
        }
    }

    /// <summary>Goes on until there is nothing that this work itself can do. The fault of what failed, or null.</summary>
    private async Task<StorageFault?> RunAsync(WorkLease lease, Transfer transfer, OpenEnds opened, CancellationToken cancellationToken)
    {
        while (true)
        {
            // 1. A page of each folder that was not read to its end.
            var unread = await ledger.FoldersAsync(transfer.Id, FolderWork.List, FolderBatch, cancellationToken);
            if (unread.Count > 0 && transfer.State == TransferState.Queued)
            {
                _ = await ledger.SetStateAsync(lease.Item, transfer.Id, TransferState.Scanning, false, "scanning", cancellationToken);
                transfer = transfer with { State = TransferState.Scanning };
            }

            foreach (var folder in unread)
            {
                if (await ListAsync(lease, transfer, opened.Source, folder, cancellationToken) is { } fault)
                    return fault;
            }

            if (transfer.Planning)
            {
                if (unread.Count == 0)
                    return null;
                lease.Progress();
                continue;
            }

            if (unread.Count == 0 && !transfer.Scanned)
            {
                _ = await ledger.SetStateAsync(lease.Item, transfer.Id, TransferState.Running, true, "scanned", cancellationToken);
                transfer = transfer with { State = TransferState.Running, Scanned = true };
            }

            // 2. Folders whose own folder is there.
            var unmade = await ledger.FoldersAsync(transfer.Id, FolderWork.Make, FolderBatch, cancellationToken);
            foreach (var folder in unmade)
            {
                if (await MakeAsync(lease, transfer, opened.Sink, folder, cancellationToken) is { } fault)
                    return fault;
            }

            // 3. Files whose folder is there.
            if (await ledger.FeedAsync(lease.Item, transfer.Id, options.MostQueued, cancellationToken) is not { } fed)
                return null;
            if (fed > 0)
                queue.Wake();
            if (unread.Count == 0 && unmade.Count == 0)
                return null;
            lease.Progress();
        }
    }

    private async Task<StorageFault?> ListAsync(
        WorkLease lease, Transfer transfer, ISource source, TransferItem folder, CancellationToken cancellationToken)
    {
        var page = await source.ListAsync(folder.SourceId, folder.Cursor, cancellationToken);
        // An empty page that promises more, and one that begins a folder, are asked again once: storages answer so while they are busy.
        if (page is { Ok: true, Value.Items.Count: 0 })
            page = await source.ListAsync(folder.SourceId, folder.Cursor, cancellationToken);
        if (!page.Ok)
        {
            return page.Fault.Kind is FaultKind.Gone or FaultKind.Refused
                ? await SaveFailedAsync(lease, folder, page.Fault, cancellationToken)
                : page.Fault;
        }

        // What is written must not be read.
        var target = transfer.Source == transfer.Destination ? source.NormalOf(transfer.Target) : null;
        var without = transfer.Options.Without.Select(source.NormalOf).ToHashSet(StringComparer.Ordinal);
        var found = page.Value.Items
            .Where(item => without.Count == 0 || !without.Contains(source.NormalOf(item.Id)))
            .Select(item => source.NormalOf(item.Id) == target ? item with { Skip = "It is the destination itself." } : item)
            .Select(item => (Item: item, Path: $"{folder.Path}/{item.Name}"))
            .Where(one => PathPatterns.Allows(transfer.Options, one.Path, one.Item.Kind))
            .Select(one => new FoundItem(Guid.NewGuid(), folder.Id, one.Path, one.Item)).ToList();
        _ = await ledger.AddItemsAsync(lease.Item, folder.Id, folder.Cursor, page.Value.Next, found, cancellationToken);
        lease.Progress();
        return null;
    }

    private async Task<StorageFault?> MakeAsync(
        WorkLease lease, Transfer transfer, ISink sink, TransferItem folder, CancellationToken cancellationToken)
    {
        var parent = transfer.Target;
        if (folder.Parent is { } id)
            parent = (await ledger.ItemAsync(id, cancellationToken))?.Result ?? transfer.Target;
        var name = sink.Traits.NameOf(folder.Name);

        if (!transfer.Options.Structure)
        {
            var same = new SinkEntry(transfer.Target, transfer.TargetName, StorageItemKind.Folder);
            _ = await ledger.SaveFolderAsync(lease.Item, folder, null, same, null, cancellationToken);
            return null;
        }

        // A folder that is there is used. Only the first attempt looks: a later one would find what the first has made.
        if (folder.TargetId is null)
        {
            var there = await sink.FindAsync(parent, name, cancellationToken);
            if (!there.Ok)
                return there.Fault with { AtDestination = true };
            if (there.Value.FirstOrDefault(entry => entry.Kind == StorageItemKind.Folder) is { } existing)
            {
                _ = await ledger.SaveFolderAsync(lease.Item, folder, null, existing, null, cancellationToken);
                return null;
            }
        }

        var target = folder.TargetId;
        if (target is null && sink.Traits.Ids)
        {
            var ids = await sink.NewIdsAsync(1, cancellationToken);
            if (!ids.Ok)
                return ids.Fault with { AtDestination = true };
            target = ids.Value is [var first, ..] ? first : null;
            if (!await ledger.SaveFolderAsync(lease.Item, folder, target, null, null, cancellationToken))
                return null;
        }

        var made = await sink.MakeFolderAsync(parent, name, target, cancellationToken);
        if (!made.Ok)
        {
            return made.Fault.Kind is FaultKind.Gone or FaultKind.Refused
                ? await SaveFailedAsync(lease, folder, made.Fault, cancellationToken)
                : made.Fault with { AtDestination = true };
        }

        _ = await ledger.SaveFolderAsync(lease.Item, folder, null, made.Value, null, cancellationToken);
        lease.Progress();
        return null;
    }

    private async Task<StorageFault?> SaveFailedAsync(
        WorkLease lease, TransferItem folder, StorageFault fault, CancellationToken cancellationToken)
    {
        _ = await ledger.SaveFolderAsync(lease.Item, folder, null, null, fault, cancellationToken);
        return null;
    }

    /// <summary>Says what would happen. Its owner decides whether it does.</summary>
    private async Task<WorkOutcome> PlanAsync(
        WorkLease lease, Transfer transfer, Caller owner, OpenEnds opened, CancellationToken cancellationToken)
    {
        if (await planner.PlanAsync(lease, transfer, opened, cancellationToken) is { } fault)
            return await FaultedAsync(lease, transfer, fault);
        var room = await ends.RoomAsync(transfer, owner, cancellationToken);
        _ = await ledger.FinishPlanAsync(lease.Item, transfer.Id, room, CancellationToken.None);
        return WorkOutcome.Settled;
    }

    private async Task<WorkOutcome> CancelAsync(WorkLease lease, Transfer transfer, OpenEnds? opened)
    {
        await EndItemsAsync(lease, transfer, opened, null);
        return await SettleAsync(lease, transfer);
    }

    /// <summary>Ends what is open of a transfer, and gives up what was begun at the destination as well as it can be.</summary>
    private async Task EndItemsAsync(WorkLease lease, Transfer transfer, OpenEnds? opened, string? reason)
    {
        rights.Stop(transfer.Id);
        var open = await ledger.CancelItemsAsync(lease.Item, transfer.Id, reason, lease.Token);
        queue.Cancel(TransferItemWork.KindName, [.. open.Select(item => item.Id)]);
        if (opened is null)
            return;
        foreach (var item in open.Where(item => item.Session is not null))
            await opened.Sink.AbortAsync(item.Session!, lease.Token);
    }

    private async Task<WorkOutcome> FaultedAsync(WorkLease lease, Transfer transfer, StorageFault fault, OpenEnds? opened = null)
    {
        fault = FaultPolicy.Read(fault, transfer, time.GetUtcNow(), options);
        Faulted(transfer.Id, fault.Kind, fault.Sentence);
        var end = FaultPolicy.EndOf(fault, lease.Failures, restarts: 0, transfer.Options.Attempts, options);
        await ends.ReportAsync(transfer, fault, end.Pause);
        if (end.State != TransferItemState.Failed)
            return await PutOffAsync(lease, transfer, fault, end.Wait, end.Pause);
        var sentence = fault.AtDestination ? $"At the destination: {fault.Sentence}" : fault.Sentence;
        await EndItemsAsync(lease, transfer, opened, sentence);
        _ = await ledger.SetStateAsync(lease.Item, transfer.Id, TransferState.Failed, true, sentence, CancellationToken.None);
        return WorkOutcome.Done;
    }

    private Task<WorkOutcome> NoRightsAsync(WorkLease lease, Transfer transfer) => PutOffAsync(
        lease, transfer, new StorageFault(FaultKind.Refused, TransferRights.NoneNow), WaitReason.Rights, TransferRights.LookAgain);

    private async Task<WorkOutcome> PutOffAsync(
        WorkLease lease, Transfer transfer, StorageFault fault, WaitReason? wait, TimeSpan pause)
    {
        _ = await ledger.PutOffAsync(lease.Item, transfer.Id, fault, wait, pause, CancellationToken.None);
        return WorkOutcome.Settled;
    }

    private async Task<WorkOutcome> SettleAsync(WorkLease lease, Transfer transfer)
    {
        if (await ledger.SettleAsync(lease.Item, transfer.Id, LookAgain, CancellationToken.None) is { } state)
            Settled(transfer.Id, state);
        return WorkOutcome.Settled;
    }

    [LoggerMessage(7802, LogLevel.Information, "Transfer {Transfer}: {Kind}: {Sentence}")]
    private partial void Faulted(Guid transfer, FaultKind kind, string sentence);

    [LoggerMessage(7803, LogLevel.Debug, "Transfer {Transfer} is {State}")]
    private partial void Settled(Guid transfer, TransferState state);
}
