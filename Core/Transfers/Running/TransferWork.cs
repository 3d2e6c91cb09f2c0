using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Processes a transfer itself: lists the folders of the source, creates those of the destination, queues some of the files at a time, and
/// ends the transfer. One worker at a time has the lease, so each folder is created once.
/// </summary>
public sealed partial class TransferWork(
    ITransferWorkLedger ledger, TransferRights rights, TransferPace pace, TransferEnds ends,
    TransferPlanner planner, TransferRemoval removal, WorkQueue queue, TransferEngineOptions options, TimeProvider time,
    ILogger<TransferWork> log) : IWorkKind
{
    private const int FolderBatch = 50;

    /// <summary>The maximum numbers of characters of a cursor, an id, a name, a path, and a truncated name.</summary>
    private const int MostCursor = 16 << 10, MostId = 8 << 10, MostName = 4 << 10, MostPath = 32 << 10, ShownName = 250;

    public const string KindName = "transfer";

    // The end of an item triggers the work; this interval covers everything else.
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
        // Cancelling requires no rights of the owner: external uploads of a disabled user are aborted on a best-effort basis.
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
            var (again, fault) = await RunAsync(lease, transfer, opened.Value, work.Token);
            if (transfer.Options.Move && !transfer.Planning)
                fault ??= await removal.RunAsync(lease, transfer, opened.Value, work.Token);
            if (fault is not null)
                return await FaultedAsync(lease, transfer, fault, opened.Value);
            return transfer.Planning
                ? await PlanAsync(lease, transfer, owner!, opened.Value, work.Token)
                : await SettleAsync(lease, transfer, again);
        }
        catch (OperationCanceledException) when (!lease.Token.IsCancellationRequested)
        {
            // Otherwise it was paused or cancelled, or its window has closed; the next attempt finds out.
            return work.HasLostRights ? await NoRightsAsync(lease, transfer) : WorkOutcome.Postponed(SoonAgain);
        }
        catch (Exception reason) when (reason is not (OperationCanceledException or LedgerUnavailableException))
        {
            // It counts as a failure of the transfer, so that its owner sees it and its retries are limited.
            Broke(transfer.Id, reason);
            return await FaultedAsync(lease, transfer, Internal, opened.Value);
        }
        finally
        {
            if (opened.Value.Calls.Take() is { Count: > 0 } calls)
                await ledger.AddCallsAsync(transfer.Id, null, calls, CancellationToken.None);
        }
    }

    /// <summary>Continues until nothing is left to do for now.</summary>
    /// <returns>When to check again, or the fault.</returns>
    private async Task<(TimeSpan Again, StorageFault? Fault)> RunAsync(
        WorkLease lease, Transfer transfer, OpenEnds opened, CancellationToken cancellationToken)
    {
        while (true)
        {
            // 1. Read a page of each folder that is not completely listed.
            var unread = await ledger.FoldersAsync(transfer.Id, FolderWork.List, FolderBatch, cancellationToken);
            if (unread.Count > 0 && transfer.State == TransferState.Queued)
            {
                _ = await ledger.SetStateAsync(lease.Item, transfer.Id, TransferState.Scanning, false, "scanning", cancellationToken);
                transfer = transfer with { State = TransferState.Scanning };
            }

            foreach (var folder in unread)
            {
                if (await ListAsync(lease, transfer, opened.Source, folder, cancellationToken) is { } fault)
                    return (LookAgain, fault);
            }

            if (transfer.Planning)
            {
                if (unread.Count == 0)
                    return (LookAgain, null);
                lease.Progress();
                continue;
            }

            if (unread.Count == 0 && !transfer.Scanned)
            {
                _ = await ledger.SetStateAsync(lease.Item, transfer.Id, TransferState.Running, true, "scanned", cancellationToken);
                transfer = transfer with { State = TransferState.Running, Scanned = true };
            }

            // 2. Create the folders whose parent folder already exists.
            var unmade = await ledger.FoldersAsync(transfer.Id, FolderWork.Make, FolderBatch, cancellationToken);
            var behind = 0;
            foreach (var folder in unmade)
            {
                var (waits, fault) = await MakeAsync(lease, transfer, opened.Sink, folder, cancellationToken);
                if (fault is not null)
                    return (LookAgain, fault);
                behind += waits ? 1 : 0;
            }

            // 3. Queue files whose folder already exists.
            var most = Math.Min(transfer.Options.AtOnce ?? options.MostQueued, options.MostQueued);
            if (await ledger.FeedAsync(lease.Item, transfer.Id, most, cancellationToken) is not { } fed)
                return (LookAgain, null);
            if (fed > 0)
                queue.Wake();
            if (unread.Count == 0 && unmade.Count == behind)
                return (behind > 0 ? SoonAgain : LookAgain, null);
            lease.Progress();
        }
    }

    private async Task<StorageFault?> ListAsync(
        WorkLease lease, Transfer transfer, ISource source, TransferItem folder, CancellationToken cancellationToken)
    {
        var page = await source.ListAsync(folder.SourceId, folder.Cursor, cancellationToken);
        // An empty page is requested again once if it is the first one or announces more, because busy storages return empty pages.
        if (page is { Ok: true, Value.Items.Count: 0 })
            page = await source.ListAsync(folder.SourceId, folder.Cursor, cancellationToken);
        if (!page.Ok)
        {
            if (page.Fault.Kind is not (FaultKind.Gone or FaultKind.Refused))
                return page.Fault;
            return await SaveFailedAsync(lease, folder, page.Fault, cancellationToken);
        }

        // These values are stored in the ledger. No known storage has longer ones.
        if (page.Value.Next?.Length > MostCursor || page.Value.Items.Any(item => item.Id.Length > MostId))
            return await SaveFailedAsync(lease, folder, Odd, cancellationToken);

        // The destination folder must not be copied into itself.
        var target = transfer.Source == transfer.Destination ? source.NormalOf(transfer.Target) : null;
        var without = transfer.Options.Without.Select(source.NormalOf).ToHashSet(StringComparer.Ordinal);
        var found = page.Value.Items
            .Where(item => without.Count == 0 || !without.Contains(source.NormalOf(item.Id)))
            .Select(item => source.NormalOf(item.Id) == target ? item with { Skip = "It is the destination itself." } : item)
            .Select(item => Bounded(item, folder))
            .Select(item => (Item: item, Path: $"{folder.Path}/{item.Name}"))
            .Where(one => PathPatterns.Allows(transfer.Options, one.Path, one.Item.Kind))
            .Where(one => SizeAndAge.Allows(transfer.Options, one.Item, time.GetUtcNow()))
            .Select(one => new FoundItem(Guid.NewGuid(), folder.Id, one.Path, one.Item)).ToList();
        var limits = new ListingLimits(options.MostItems, options.MostItemsOfUser, options.MostPages);
        var added = await ledger.AddItemsAsync(
            lease.Item, folder.Id, folder.Cursor, page.Value.Next, found, limits, cancellationToken);
        lease.Progress();
        return FaultOf(added) is { } endless ? await SaveFailedAsync(lease, folder, endless, cancellationToken) : null;
    }

    private async Task<StorageFault?> SaveFailedAsync(
        WorkLease lease, TransferItem folder, StorageFault fault, CancellationToken cancellationToken)
    {
        _ = await ledger.SaveFolderAsync(lease.Item, folder, new FolderEnd(null, fault, AtSource: true), cancellationToken);
        return null;
    }

    private StorageFault? FaultOf(AddedPage added) => added switch
    {
        AddedPage.Repeats => new StorageFault(
            FaultKind.Refused, "The storage lists the folder without an end: it names a page that was read before as the next one."),
        AddedPage.Endless => new StorageFault(
            FaultKind.Refused, $"The storage lists the folder without an end: it has more than {options.MostPages} pages."),
        AddedPage.TooMany => new StorageFault(
            FaultKind.Refused, $"A transfer has at most {options.MostItems} files and folders. Begin several for parts of it."),
        AddedPage.TooManyOfOwner => new StorageFault(
            FaultKind.Refused,
            $"The transfers of a user have at most {options.MostItemsOfUser} files and folders, those that have ended included."),
        _ => null,
    };

    private static StorageFault Internal { get; } =
        new(FaultKind.Refused, "An internal error occurred with this transfer; see the log of the service.");

    private static StorageFault Odd { get; } =
        new(FaultKind.Refused, "The storage sent an id or the address of a next page that is too long to be one.");

    /// <summary>
    /// Marks an item as skipped if its name or path is too long for every destination. The name is truncated for the list.
    /// </summary>
    private static SourceItem Bounded(SourceItem item, TransferItem folder) =>
        item.Name.Length <= MostName && folder.Path.Length + item.Name.Length < MostPath
            ? item
            : item with { Name = Cut(item.Name), Skip = "Its name or its path is too long." };

    private static string Cut(string name)
    {
        var length = Math.Min(name.Length, ShownName);
        return length < name.Length && char.IsHighSurrogate(name[length - 1]) ? name[..(length - 1)] : name[..length];
    }

    /// <summary>Creates a folder at the destination, or uses the existing one.</summary>
    /// <returns>Whether it waits for another transfer that creates a folder of this name, and the fault.</returns>
    private async Task<(bool Waits, StorageFault? Fault)> MakeAsync(
        WorkLease lease, Transfer transfer, ISink sink, TransferItem folder, CancellationToken cancellationToken)
    {
        var parent = transfer.Target;
        if (folder.Parent is { } id)
            parent = (await ledger.ItemAsync(id, cancellationToken))?.Result ?? transfer.Target;
        var name = sink.Traits.NameOf(folder.Name);

        if (!transfer.Options.Structure)
            return await SaveAsync(new SinkEntry(transfer.Target, transfer.TargetName, StorageItemKind.Folder));

        var target = folder.TargetId;
        if (target is null)
        {
            (target, var noId) = await sink.NewIdAsync(cancellationToken);
            if (noId is not null)
                return (false, noId with { AtDestination = true });
        }

        // If a storage allows several folders of one name, transfers create them one after the other, so that the second finds the first
        // folder.
        if (sink.Traits.DuplicateNames
            && await ledger.ClaimFolderAsync(lease.Item, folder, target, sink.PlaceOf(parent), name, cancellationToken) is not true)
            return (true, null);

        // Use an existing folder, also if an earlier attempt has created it.
        var there = await sink.FindAsync(parent, name, cancellationToken);
        if (!there.Ok)
            return (false, there.Fault with { AtDestination = true });
        var folders = there.Value.Where(entry => entry.Kind == StorageItemKind.Folder).ToList();
        if ((folders.Find(entry => entry.Id == target) ?? folders.FirstOrDefault()) is { } existing)
            return await SaveAsync(existing);

        var made = await sink.MakeFolderAsync(parent, name, target, cancellationToken);
        if (made.Ok)
            return await SaveAsync(made.Value);
        if (made.Fault.Kind is not (FaultKind.Gone or FaultKind.Refused))
            return (false, made.Fault with { AtDestination = true });
        _ = await ledger.SaveFolderAsync(lease.Item, folder, new FolderEnd(null, made.Fault), cancellationToken);
        return (false, null);

        async Task<(bool Waits, StorageFault? Fault)> SaveAsync(SinkEntry entry)
        {
            _ = await ledger.SaveFolderAsync(lease.Item, folder, new FolderEnd(entry), cancellationToken);
            lease.Progress();
            return (false, null);
        }
    }

    /// <summary>Makes the plan, which the owner must approve.</summary>
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
        return await SettleAsync(lease, transfer, LookAgain);
    }

    /// <summary>Ends the open items of a transfer, and aborts their uploads at the destination on a best-effort basis.</summary>
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

    private async Task<WorkOutcome> SettleAsync(WorkLease lease, Transfer transfer, TimeSpan pause)
    {
        if (await ledger.SettleAsync(lease.Item, transfer.Id, pause, CancellationToken.None) is { } state)
            Settled(transfer.Id, state);
        return WorkOutcome.Settled;
    }

    [LoggerMessage(7802, LogLevel.Information, "Transfer {Transfer}: {Kind}: {Sentence}")]
    private partial void Faulted(Guid transfer, FaultKind kind, string sentence);

    [LoggerMessage(7808, LogLevel.Error, "Transfer {Transfer} failed unexpectedly")]
    private partial void Broke(Guid transfer, Exception reason);

    [LoggerMessage(7803, LogLevel.Debug, "Transfer {Transfer} is {State}")]
    private partial void Settled(Guid transfer, TransferState state);
}
