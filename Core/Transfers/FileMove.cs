using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers;

/// <summary>One attempt to move one file; <see cref="TransferItemWork"/> has the steps.</summary>
internal sealed partial class FileMove(
    WorkLease lease, Transfer transfer, TransferItem item, OpenEnds ends, TransferProgress.MovingFile moving,
    TransferPace.PacedFile pace, ITransferWorkLedger ledger, IRunningHashes hashes, TransferEngineOptions options)
{
    private readonly ISource _source = ends.Source;
    private readonly ISink _sink = ends.Sink;
    private bool _emptySent;

    /// <summary>Its bytes are on this machine already, and had their pace on their way here.</summary>
    private bool _isKept;
    private ItemProgress? _unsaved;

    /// <summary>The item as far as it was recorded.</summary>
    public TransferItem Item { get; private set; } = item;

    public async Task<Outcome<ItemEnd>> RunAsync(CancellationToken cancellationToken)
    {
        // 2.
        var stat = await _source.StatAsync(Item.SourceId, cancellationToken);
        if (!stat.Ok)
            return stat.Fault;
        var found = stat.Value;
        if (found.Skip is { } skip)
            return new ItemEnd(TransferItemState.Skipped) { Reason = skip };
        if (found.Size is null)
        {
            var kept = await _source.KeepAsync(found, PaceAsync, cancellationToken);
            if (!kept.Ok)
                return kept.Fault;
            found = kept.Value;
            _isKept = true;
        }

        if (found.Size is not { } size)
            return new ItemEnd(TransferItemState.Skipped) { Reason = "Its size is not known before it is read." };
        // What can be read from its beginning only has no pin to compare: step 5 compares the bytes.
        var changed = Item.Pin is not null && (found.FromStartOnly ? Item.Size != size : Item.Pin != found.Pin);
        if (changed && (Item.Position > 0 || Item.Session is not null))
        {
            if (!await SaveAsync(new ItemProgress { Pin = found.Pin, Size = size }, cancellationToken))
                return Lost;
            return Changed;
        }

        var name = _source.Traits.NamesLate && Item.TargetName is null && found.Name != Item.Name ? found.Name : null;
        if (Item.Pin != found.Pin || Item.Size != size || name is not null)
            SaveLater(new ItemProgress { Pin = found.Pin, Size = size, Name = name });

        // 3. and 4.
        var target = await TargetAsync(found, size, cancellationToken);
        if (_unsaved is not null && !await SaveAsync(new ItemProgress(), cancellationToken))
            return Lost;
        if (!target.Ok)
            return target.Fault with { AtDestination = true };
        if (target.Value.End is { } end)
            return end;
        var file = target.Value.File!;
        var progress = await ResumeAsync(file, cancellationToken);
        if (!progress.Ok)
            return progress.Fault with { AtDestination = true };

        var at = progress.Value;
        // 5.
        var state = await DigestsAtAsync(found, at.Accepted, cancellationToken);
        if (!state.Ok)
            return state.Fault;
        using var digests = state.Value;
        var running = digests;
        try
        {
            // 6.
            while (at.Made is null)
            {
                var offset = at.Accepted;
                if (offset >= size && (size > 0 || offset > 0 || _emptySent))
                {
                    if (DamageOf(found, running) is { } damaged)
                        return damaged;
                    var committed = await _sink.CommitAsync(Item.Session!, file with { Sha256 = running.Sha256() }, cancellationToken);
                    if (!committed.Ok)
                        return committed.Fault with { AtDestination = true };
                    at = new SinkProgress(size, committed.Value);
                    break;
                }

                var moved = await MovePieceAsync(found, file, offset, running, cancellationToken);
                if (!moved.Ok)
                    return moved.Fault;
                at = moved.Value.Progress;
                if (!ReferenceEquals(moved.Value.Digests, running))
                {
                    if (!ReferenceEquals(running, digests))
                        running.Dispose();
                    running = moved.Value.Digests;
                }

                // The end records the last piece. Where it is read back before, that may take long.
                if (at.Made is not null && Item.Attempts == 0 && transfer.Options.Verify != VerifyBy.ReadBack)
                    break;
                var saved = new ItemProgress { Position = at.Accepted, Hashes = running.Save() };
                if (!await SaveAsync(saved, cancellationToken))
                    return Lost;
            }

            // 7.
            var verified = await VerifyAsync(found, file, at.Made!, running, cancellationToken);
            return verified is { Value: { } ended } && Item.Position < at.Accepted ? ended with { Position = at.Accepted } : verified;
        }
        finally
        {
            if (!ReferenceEquals(running, digests))
                running.Dispose();
        }
    }

    private static StorageFault Changed =>
        new(FaultKind.SourceChanged, "The source was changed while it was read; it begins again.");

    private static StorageFault Lost => new(FaultKind.Transient, "Another worker has taken over.");

    /// <summary>Records it together with what comes next: nothing was asked of the destination for it yet.</summary>
    private void SaveLater(ItemProgress progress)
    {
        _unsaved = With(_unsaved, progress);
        Apply(progress);
    }

    /// <returns>False: the lease is lost.</returns>
    private async Task<bool> SaveAsync(ItemProgress progress, CancellationToken cancellationToken) =>
        await TrySaveAsync(progress, cancellationToken) is not null;

    private async Task<SavedItem?> TrySaveAsync(ItemProgress progress, CancellationToken cancellationToken)
    {
        var saved = await ledger.SaveItemAsync(lease.Item, Item.Id, With(_unsaved, progress), cancellationToken);
        if (saved is not { NameIsTaken: false, Bytes: var bytes })
            return saved;
        _unsaved = null;
        moving.Saved(bytes);
        Apply(progress);
        lease.Progress();
        return saved;
    }

    private void Apply(ItemProgress progress) => Item = Item with
    {
        Pin = progress.Pin ?? Item.Pin,
        Size = progress.Size ?? Item.Size,
        TargetId = progress.TargetId is "" ? null : progress.TargetId ?? Item.TargetId,
        TargetName = progress.TargetName ?? Item.TargetName,
        Replaces = progress.Replaces ?? Item.Replaces,
        Session = progress.Session is { } session ? (session.Id.Length == 0 ? null : session.Id) : Item.Session,
        Position = progress.Position ?? Item.Position,
        Hashes = progress.Position is null ? Item.Hashes : progress.Hashes,
        Attempts = progress.Position > Item.Position ? 0 : Item.Attempts,
        Name = progress.Name ?? Item.Name,
    };

    /// <summary>What was left for later, and what is recorded now.</summary>
    private static ItemProgress With(ItemProgress? earlier, ItemProgress progress) => earlier is null ? progress : progress with
    {
        Pin = progress.Pin ?? earlier.Pin,
        Size = progress.Size ?? earlier.Size,
        TargetId = progress.TargetId ?? earlier.TargetId,
        TargetName = progress.TargetName ?? earlier.TargetName,
        Replaces = progress.Replaces ?? earlier.Replaces,
        Session = progress.Session ?? earlier.Session,
        Name = progress.Name ?? earlier.Name,
    };
}
