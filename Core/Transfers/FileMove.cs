using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers;

/// <summary>One attempt to move one file; <see cref="TransferItemWork"/> has the steps.</summary>
internal sealed partial class FileMove(
    WorkLease lease, Transfer transfer, TransferItem item, OpenEnds ends, TransferProgress.MovingFile moving, ITransferWorkLedger ledger,
    IRunningHashes hashes, TransferEngineOptions options)
{
    private readonly ISource _source = ends.Source;
    private readonly ISink _sink = ends.Sink;
    private bool _emptySent;

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
            var kept = await _source.KeepAsync(found, lease.Progress, cancellationToken);
            if (!kept.Ok)
                return kept.Fault;
            found = kept.Value;
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
        if ((Item.Pin != found.Pin || Item.Size != size || name is not null)
            && !await SaveAsync(new ItemProgress { Pin = found.Pin, Size = size, Name = name }, cancellationToken))
            return Lost;

        // 3. and 4.
        var target = await TargetAsync(found, size, cancellationToken);
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

                var saved = new ItemProgress { Position = at.Accepted, Hashes = running.Save() };
                if (!await SaveAsync(saved, cancellationToken))
                    return Lost;
            }

            // 7.
            return await VerifyAsync(found, file, at.Made!, running, cancellationToken);
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

    private async Task<bool> SaveAsync(ItemProgress progress, CancellationToken cancellationToken)
    {
        if (await ledger.SaveItemAsync(lease.Item, Item.Id, progress, cancellationToken) is not { } bytes)
            return false;
        moving.Saved(bytes);
        Item = Item with
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
        lease.Progress();
        return true;
    }

    /// <summary>Asks how much the destination has, or begins.</summary>
    private async Task<Outcome<SinkProgress>> ResumeAsync(SinkFile file, CancellationToken cancellationToken)
    {
        if (Item.Session is { } session)
        {
            var asked = await _sink.QueryAsync(session, file with { Recorded = Item.Position }, cancellationToken);
            // A session also vanishes once the file is made.
            return !asked.Ok && asked.Fault.Kind == FaultKind.SessionLost && await MadeAsync(file, cancellationToken) is { } made
                ? new SinkProgress(file.Size, made)
                : asked;
        }

        var begun = await _sink.BeginAsync(file, cancellationToken);
        if (!begun.Ok)
        {
            return begun.Fault.Kind == FaultKind.Taken && await MadeAsync(file, cancellationToken) is { } made
                ? new SinkProgress(file.Size, made)
                : begun.Fault;
        }

        return await SaveAsync(new ItemProgress { Session = begun.Value, Position = 0, Hashes = null }, cancellationToken)
            ? new SinkProgress(0, null)
            : Lost;
    }

    /// <summary>The file, if an earlier attempt has finished it and its answer was lost.</summary>
    private async Task<SinkEntry?> MadeAsync(SinkFile file, CancellationToken cancellationToken) =>
        file.Id is { } id && await _sink.StatAsync(id, cancellationToken) is { Value: { } entry } && entry.Size == file.Size ? entry : null;

    private async Task<Outcome<TransferDigests>> DigestsAtAsync(SourceItem found, long offset, CancellationToken cancellationToken)
    {
        var saved = Item.Hashes is { } state ? TransferDigests.Restore(hashes, state) : null;
        if (saved?.Length > offset)
        {
            saved.Dispose();
            saved = null;
        }

        var known = saved?.Length ?? 0;
        if (!found.FromStartOnly || offset == 0 || (known == offset && offset == found.Size))
            return await ReadToAsync(found, saved ?? TransferDigests.Start(hashes), offset, cancellationToken);

        // The bytes that the destination has are those of an earlier reading. It goes on only if this one begins with the same.
        using var before = saved;
        if (known != offset && offset != found.Size)
            return Changed;
        var again = await ReadToAsync(found, TransferDigests.Start(hashes), known, cancellationToken);
        if (!again.Ok)
            return again.Fault;
        if (before is null || again.Value.Sha256() == before.Sha256())
            return await ReadToAsync(found, again.Value, offset, cancellationToken);
        again.Value.Dispose();
        return Changed;
    }

    private async Task<Outcome<TransferDigests>> ReadToAsync(
        SourceItem found, TransferDigests digests, long offset, CancellationToken cancellationToken)
    {
        while (digests.Length < offset)
        {
            var length = (int)Math.Min(options.PieceSize, offset - digests.Length);
            using var piece = new Piece(length, bytes =>
            {
                digests.Append(bytes);
                lease.Progress();
            });
            if (await FillAsync(found, digests.Length, piece, cancellationToken) is not { } fault)
                continue;
            digests.Dispose();
            return fault;
        }

        return digests;
    }

    private async Task<StorageFault?> FillAsync(SourceItem found, long offset, Piece piece, CancellationToken cancellationToken)
    {
        try
        {
            var fault = piece.Length == 0 ? null : await _source.ReadAsync(found, offset, piece.Length, piece, cancellationToken);
            return fault ?? (piece.TooMuch
                ? new StorageFault(FaultKind.SourceChanged, "The source sent more bytes than it had announced.")
                : piece.IsFull ? null : new StorageFault(FaultKind.Transient, "The source ended before the last byte."));
        }
        finally
        {
            piece.Complete();
        }
    }

    private async Task<Outcome<Moved>> MovePieceAsync(
        SourceItem found, SinkFile file, long offset, TransferDigests digests, CancellationToken cancellationToken)
    {
        var length = (int)Math.Min(_sink.PieceOf(Item.Session!) ?? PieceBytes(), file.Size - offset);
        var before = digests.Save();
        using var piece = new Piece(length, bytes =>
        {
            digests.Append(bytes);
            moving.Add(bytes.Length);
            lease.Progress();
        });
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = FillAsync(found, offset, piece, both.Token);
        var put = await _sink.PutAsync(Item.Session!, file, offset, piece, cancellationToken);
        if (!put.Ok)
            await both.CancelAsync();
        StorageFault? fault;
        try
        {
            fault = await reading;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            fault = null;
        }

        if (fault is not null)
            return fault;
        if (!put.Ok)
            return put.Fault with { AtDestination = true };
        _emptySent = true;
        var accepted = put.Value.Accepted;
        if (accepted == offset + length)
            return new Moved(put.Value, digests);

        // The storage has kept less than was sent. The digests go back to what it has.
        if (accepted < offset || accepted > offset + length)
            return new StorageFault(FaultKind.SessionLost, "The destination lost bytes that it had accepted.") { AtDestination = true };
        var kept = TransferDigests.Restore(hashes, before)!;
        kept.Append(piece.Bytes[..(int)(accepted - offset)]);
        return new Moved(put.Value, kept);
    }

    private long PieceBytes()
    {
        var traits = _sink.Traits;
        // After bytes that did not arrive as they were sent, smaller pieces.
        var wanted = Item.Fault == FaultKind.Integrity ? options.PieceSize / 4 : options.PieceSize;
        var most = Math.Min(wanted, traits.LargestPiece);
        return Math.Max(most - (most % traits.PieceMultiple), traits.PieceMultiple);
    }

    private async Task<Outcome<ItemEnd>> VerifyAsync(
        SourceItem found, SinkFile file, SinkEntry made, TransferDigests digests, CancellationToken cancellationToken)
    {
        var sha256 = digests.Sha256();
        if (transfer.Options.Verify == VerifyBy.None)
            return new ItemEnd(TransferItemState.Done) { Sha256 = sha256, Result = made.Id };
        var wrong = digests.Matches(found.Digests, out _) == false
            ? new StorageFault(FaultKind.SourceChanged, "The bytes that were read do not have the source's digest.")
            : null;
        var by = default(DigestKind);
        var matches = made.Size is { } there && there != file.Size ? false : digests.Matches(made.Digests, out by);
        if (wrong is null && matches == false && _sink.Traits.MayRewrite(made))
        {
            return new ItemEnd(TransferItemState.Done)
            {
                Sha256 = sha256,
                Result = made.Id,
                Reason = "Changed by the storage: it writes properties of its own into files of this kind.",
            };
        }

        if (matches == false)
            wrong ??= new StorageFault(FaultKind.Integrity, "The destination has another digest than the source.") { AtDestination = true };
        if (wrong is null)
        {
            return new ItemEnd(TransferItemState.Done)
            {
                Sha256 = sha256,
                Result = made.Id,
                VerifiedBy = matches == true ? by : made.Compared,
            };
        }

        // Only what this transfer has made is removed, never what was there before. An id is used once.
        if (file.Replaces is null)
            _ = await _sink.DiscardAsync(made, cancellationToken);
        return await SaveAsync(new ItemProgress { TargetId = "" }, cancellationToken) ? wrong : Lost;
    }

    private sealed record Moved(SinkProgress Progress, TransferDigests Digests);
}
