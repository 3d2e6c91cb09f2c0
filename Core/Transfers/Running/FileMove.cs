using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Running;

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

    /// <summary>Of the bytes that the destination has accepted; from step 5 on.</summary>
    private TransferDigests _digests = null!;

    /// <summary>The item as far as it was recorded.</summary>
    public TransferItem Item { get; private set; } = item;

    public async Task<Outcome<ItemEnd>> RunAsync(CancellationToken cancellationToken)
    {
        // 2.
        var looked = await LookAsync(cancellationToken);
        if (!looked.Ok)
            return looked.Fault;
        if (looked.Value.End is { } skipped)
            return skipped;
        var found = looked.Value.Found!;

        // 3. and 4.
        var target = await TargetAsync(found, found.Size!.Value, cancellationToken);
        if (_unsaved is not null && !await SaveAsync(new ItemProgress(), cancellationToken))
            return Lost;
        if (!target.Ok)
            return target.Fault with { AtDestination = true };
        if (target.Value.End is { } end)
            return end;
        var file = target.Value.File!;
        var at = await ResumeAsync(file, cancellationToken);
        if (!at.Ok)
            return at.Fault with { AtDestination = true };

        // 5.
        var digests = await DigestsAtAsync(found, at.Value.Accepted, cancellationToken);
        if (!digests.Ok)
            return digests.Fault;
        _digests = digests.Value;
        try
        {
            // 6.
            var sent = await SendAsync(found, file, at.Value, cancellationToken);
            if (!sent.Ok)
                return sent.Fault;

            // 7.
            var verified = await VerifyAsync(found, file, sent.Value.Made!, _digests, cancellationToken);
            return verified is { Value: { } ended } && Item.Position < sent.Value.Accepted
                ? ended with { Position = sent.Value.Accepted }
                : verified;
        }
        finally
        {
            _digests.Dispose();
        }
    }

    /// <summary>Step 2: the file as the source has it now, with its size; or its end, where there is nothing to move.</summary>
    private async Task<Outcome<Look>> LookAsync(CancellationToken cancellationToken)
    {
        var stat = await _source.StatAsync(Item.SourceId, cancellationToken);
        if (!stat.Ok)
            return stat.Fault;
        var found = stat.Value;
        if (found.Skip is { } skip)
            return Skipped(skip);
        if (found.Size is null)
        {
            var kept = await _source.KeepAsync(found, PaceAsync, cancellationToken);
            if (!kept.Ok)
                return kept.Fault;
            found = kept.Value;
            _isKept = true;
        }

        if (found.Size is not { } size)
            return Skipped("Its size is not known before it is read.");
        // What can be read from its beginning only has no pin to compare: step 5 compares the bytes.
        var changed = Item.Pin is not null && (found.FromStartOnly ? Item.Size != size : Item.Pin != found.Pin);
        if (changed && (Item.Position > 0 || Item.Session is not null))
            return await SaveAsync(new ItemProgress { Pin = found.Pin, Size = size }, cancellationToken) ? Changed : Lost;

        var name = _source.Traits.NamesLate && Item.TargetName is null && found.Name != Item.Name ? found.Name : null;
        if (Item.Pin != found.Pin || Item.Size != size || name is not null)
            SaveLater(new ItemProgress { Pin = found.Pin, Size = size, Name = name });
        return new Look(found, null);

        static Look Skipped(string reason) => new(null, new ItemEnd(TransferItemState.Skipped) { Reason = reason });
    }

    /// <summary>Step 6: reads and sends until the destination has the file.</summary>
    /// <param name="at">How much it has, and the file itself where an earlier attempt has made it.</param>
    private async Task<Outcome<SinkProgress>> SendAsync(
        SourceItem found, SinkFile file, SinkProgress at, CancellationToken cancellationToken)
    {
        while (at.Made is null)
        {
            var offset = at.Accepted;
            if (offset >= file.Size && (file.Size > 0 || offset > 0 || _emptySent))
            {
                if (DamageOf(found, _digests) is { } damaged)
                    return damaged;
                var committed = await _sink.CommitAsync(Item.Session!, file with { Sha256 = _digests.Sha256() }, cancellationToken);
                return committed.Ok
                    ? new SinkProgress(file.Size, committed.Value)
                    : committed.Fault with { AtDestination = true };
            }

            var moved = await MovePieceAsync(found, file, offset, _digests, cancellationToken);
            if (!moved.Ok)
                return moved.Fault;
            at = moved.Value.Progress;
            if (moved.Value.Digests != _digests)
            {
                _digests.Dispose();
                _digests = moved.Value.Digests;
            }

            // The end records the last piece. Where it is read back before, that may take long.
            if (at.Made is not null && Item.Attempts == 0 && transfer.Options.Verify != VerifyBy.ReadBack)
                break;
            if (!await SaveAsync(new ItemProgress { Position = at.Accepted, Hashes = _digests.Save() }, cancellationToken))
                return Lost;
        }

        return at;
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

    /// <param name="End">The item ends without a byte; null: there is a file to move.</param>
    private sealed record Look(SourceItem? Found, ItemEnd? End);
}
