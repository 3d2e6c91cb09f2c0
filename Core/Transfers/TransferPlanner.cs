using System.Collections.Concurrent;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers;

/// <summary>
/// Determines the planned outcome of every file, without changing anything. When the transfer runs, each file is decided again, so that
/// later changes are noticed.
/// </summary>
public sealed class TransferPlanner(ITransferWorkLedger ledger, TransferEngineOptions options)
{
    private const int Batch = 200;

    /// <returns>A failure that ends or delays the transfer; null if all items are planned.</returns>
    internal async Task<StorageFault?> PlanAsync(WorkLease lease, Transfer transfer, OpenEnds ends, CancellationToken cancellationToken)
    {
        // The transfer has not created anything yet.
        var choice = new TargetChoice(ends.Sink, transfer.Options, (_, _) => Task.FromResult(false));
        while (true)
        {
            // Folders come before their contents.
            var items = await ledger.UnplannedAsync(transfer.Id, Batch, cancellationToken);
            if (items.Count == 0)
                return null;
            var planned = new ConcurrentBag<PlannedItem>();
            StorageFault? failed = null;
            await Parallel.ForEachAsync(
                items, new ParallelOptions { MaxDegreeOfParallelism = options.AtOnce, CancellationToken = cancellationToken },
                async (item, stop) =>
                {
                    if (failed is not null)
                        return;
                    var one = item.Item.Kind == StorageItemKind.Folder
                        ? await FolderAsync(transfer, ends.Sink, item, stop)
                        : await FileAsync(transfer, ends, choice, item, stop);
                    if (one.Ok)
                        planned.Add(one.Value);
                    else
                        failed = one.Fault;
                    lease.Progress();
                });
            if (!await ledger.SavePlanAsync(lease.Item, transfer.Id, [.. planned], cancellationToken))
                return null;
            if (failed is not null)
                return failed;
        }
    }

    private static async Task<Outcome<PlannedItem>> FolderAsync(
        Transfer transfer, ISink sink, UnplannedItem item, CancellationToken cancellationToken)
    {
        var id = item.Item.Id;
        if (!transfer.Options.Structure)
            return new PlannedItem(id, PlannedAs.Skip) { Target = transfer.Target, Reason = "All files go into one folder." };
        if (item.Folder is not { } folder)
            return new PlannedItem(id, PlannedAs.New);
        var there = await sink.FindAsync(folder, sink.Traits.NameOf(item.Item.Name), cancellationToken);
        if (!there.Ok)
            return there.Fault with { AtDestination = true };
        return there.Value.FirstOrDefault(entry => entry.Kind == StorageItemKind.Folder) is { } existing
            ? new PlannedItem(id, PlannedAs.Skip) { Target = existing.Id, Reason = "The folder is there already." }
            : new PlannedItem(id, PlannedAs.New);
    }

    private static async Task<Outcome<PlannedItem>> FileAsync(
        Transfer transfer, OpenEnds ends, TargetChoice choice, UnplannedItem item, CancellationToken cancellationToken)
    {
        var id = item.Item.Id;
        var path = transfer.Options.Structure ? item.Item.Path : item.Item.Name;
        var shown = string.Join('/', path.Trim('/').Split('/').Select(ends.Sink.Traits.NameOf));
        if (ends.Sink.Traits.RefusalOf(new PlannedFile(transfer.Target, shown, item.Item.Size)) is { } refusal)
            return new PlannedItem(id, PlannedAs.Fail) { Reason = refusal };
        var folder = transfer.Options.Structure ? item.Folder : transfer.Target;
        if (folder is null)
            return new PlannedItem(id, PlannedAs.New);
        // The source's details, such as digests, are needed if the name is taken, or if the source reports names late.
        SourceItem? known = null;
        if (ends.Source.Traits.NamesLate)
        {
            var early = await ends.Source.StatAsync(item.Item.SourceId, cancellationToken);
            if (!early.Ok)
                return Unknown(id, early.Fault);
            known = early.Value;
        }

        var name = ends.Sink.Traits.NameOf(known?.Name ?? item.Item.Name);
        var there = await ends.Sink.FindAsync(folder, name, cancellationToken);
        if (!there.Ok)
            return there.Fault with { AtDestination = true };
        if (there.Value.Count == 0 && known?.Skip is null)
            return new PlannedItem(id, PlannedAs.New) { Size = known?.Size };
        if (known is null)
        {
            var stat = await ends.Source.StatAsync(item.Item.SourceId, cancellationToken);
            if (!stat.Ok)
                return Unknown(id, stat.Fault);
            known = stat.Value;
        }

        var size = known.Size ?? 0;
        if (known.Skip is { } skip)
            return new PlannedItem(id, PlannedAs.Skip) { Reason = skip, Size = size };
        var chosen = await choice.DecideAsync(folder, name, there.Value, known, size, cancellationToken);
        if (!chosen.Ok)
            return chosen.Fault with { AtDestination = true };
        return chosen.Value switch
        {
            { Skip: { } reason } => new PlannedItem(id, PlannedAs.Skip) { Reason = reason, Size = size },
            { Replaces: not null } =>
                new PlannedItem(id, PlannedAs.Replace) { Size = size, Reason = "It replaces other content." },
            { Name: { } free } when free != name => new PlannedItem(id, PlannedAs.Number) { Size = size, Reason = $"It becomes {free}." },
            _ => new PlannedItem(id, PlannedAs.New) { Size = size },
        };
    }

    /// <summary>
    /// Returns the plan of a file that the source does not return: it is left out, or the plan is delayed if the failure is temporary.
    /// </summary>
    private static Outcome<PlannedItem> Unknown(Guid id, StorageFault fault) => fault.Kind is FaultKind.Gone or FaultKind.Refused
        ? new PlannedItem(id, PlannedAs.Skip) { Reason = fault.Sentence }
        : fault;
}
