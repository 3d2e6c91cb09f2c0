using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>Steps 4 to 6: copy the bytes piece by piece, and compare the digests.</summary>
internal sealed partial class FileCopy
{
    private async Task<Outcome<TransferDigests>> DigestsAtAsync(SourceItem found, long offset, CancellationToken cancellationToken)
    {
        var saved = State.Hashes is { } state ? TransferDigests.Restore(hashes, state) : null;
        if (saved?.Length > offset)
        {
            saved.Dispose();
            saved = null;
        }

        var known = saved?.Length ?? 0;
        if (!found.FromStartOnly || offset == 0 || (known == offset && offset == found.Size))
            return await ReadToAsync(found, saved ?? TransferDigests.Start(hashes, found.Digests), offset, cancellationToken);

        // The destination has bytes of an earlier read. The copy continues only if this read begins with the same bytes.
        using var before = saved;
        if (known != offset && offset != found.Size)
            return Changed;
        var again = await ReadToAsync(found, TransferDigests.Start(hashes, found.Digests), known, cancellationToken);
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
            var length = (int)Math.Min(rules.PieceSize, offset - digests.Length);
            using var piece = NewPiece(length, digests);
            if (await FillAsync(found, digests.Length, piece, cancellationToken) is not { } fault)
                continue;
            digests.Dispose();
            return fault;
        }

        return digests;
    }

    private Piece NewPiece(int length, TransferDigests digests, Action<int>? moved = null) => new(
        length,
        bytes =>
        {
            digests.Append(bytes);
            moved?.Invoke(bytes.Length);
            checkpoint.Progress();
        },
        _isKept ? null : PaceAsync);

    private ValueTask PaceAsync(int bytes)
    {
        checkpoint.Progress();
        return checkpoint.PaceAsync(bytes);
    }

    private Task<StorageFault?> FillAsync(SourceItem found, long offset, Piece piece, CancellationToken cancellationToken) =>
        FillAsync(source, found, offset, piece, cancellationToken);

    private static async Task<StorageFault?> FillAsync(
        ISource from, SourceItem found, long offset, Piece piece, CancellationToken cancellationToken)
    {
        try
        {
            var fault = piece.Length == 0 ? null : await from.ReadAsync(found, offset, piece.Length, piece, cancellationToken);
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
        var length = (int)Math.Min(sink.PieceOf(State.Session!) ?? NextPieceBytes(file), file.Size - offset);
        var before = digests.Save();
        using var piece = NewPiece(length, digests, checkpoint.Sending);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = FillAsync(found, offset, piece, both.Token);
        // The last piece may create the file. If it replaces other content, compare the source's digest before.
        if (file.Replaces is not null && offset + length == file.Size && found.Digests.Count > 0
            && (await reading ?? DamageOf(found, digests)) is { } damaged)
            return damaged;
        var put = await sink.PutAsync(State.Session!, file, offset, piece, cancellationToken);
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
        {
            if (put.Ok)
                return fault;
            checkpoint.Interrupted();
            if (found.FromStartOnly)
                await KeepPartAsync(file, offset, piece, before, cancellationToken);
            return fault;
        }

        if (!put.Ok)
            return put.Fault with { AtDestination = true };
        _emptySent = true;
        var accepted = put.Value.Accepted;
        if (accepted == offset + length)
            return new Moved(put.Value, digests);

        // The storage has kept fewer bytes than were sent. Restore the digests to this position.
        if (accepted < offset || accepted > offset + length)
            return new StorageFault(FaultKind.SessionLost, "The destination lost bytes that it had accepted.") { AtDestination = true };
        var kept = TransferDigests.Restore(hashes, before)!;
        kept.Append(piece.Bytes[..(int)(accepted - offset)]);
        return new Moved(put.Value, kept);
    }

    /// <summary>
    /// Records the bytes that the destination has kept of a piece in which the source failed. The next read is compared with the recorded
    /// bytes, so these must be complete.
    /// </summary>
    private async Task KeepPartAsync(SinkFile file, long offset, Piece piece, byte[] before, CancellationToken cancellationToken)
    {
        var asked = await sink.QueryAsync(State.Session!, file with { Recorded = offset }, cancellationToken);
        if (asked is not { Value: { Made: null, Accepted: var accepted } } || accepted <= offset || accepted > offset + piece.Bytes.Length)
            return;
        using var kept = TransferDigests.Restore(hashes, before)!;
        kept.Append(piece.Bytes[..(int)(accepted - offset)]);
        _ = await SaveAsync(new CopyAccepted(accepted, kept.Save()), cancellationToken);
    }

    /// <summary>Returns a fault if the bytes read differ from the source's digest.</summary>
    private static StorageFault? DamageOf(SourceItem found, TransferDigests digests) => digests.Matches(found.Digests, out _) == false
        ? new StorageFault(FaultKind.SourceChanged, "The bytes that were read do not have the source's digest.")
        : null;

    private long PieceBytes()
    {
        var traits = sink.Traits;
        // Use smaller pieces after bytes were changed in transit.
        var wanted = State.WasDamaged ? rules.PieceSize / 4 : rules.PieceSize;
        return Multiple(Math.Min(wanted, traits.LargestPiece));
    }

    /// <summary>
    /// Returns the size of the next piece. A file that fits into one piece is not divided, because it may be sent without recording its
    /// upload.
    /// </summary>
    private long NextPieceBytes(SinkFile file)
    {
        var most = PieceBytes();
        return file.Size <= most ? most : Multiple(checkpoint.NextPiece(most));
    }

    private long Multiple(long bytes) => Math.Max(bytes - (bytes % sink.Traits.PieceMultiple), sink.Traits.PieceMultiple);

    private async Task<Outcome<CopyEnd>> VerifyAsync(
        SourceItem found, SinkFile file, SinkEntry made, CancellationToken cancellationToken)
    {
        var sha256 = _digests.Sha256();
        var copied = new CopyEnd(CopyOutcome.Copied) { Sha256 = sha256, Made = made };
        if (rules.Verify == VerifyBy.None)
            return copied;
        var wrong = DamageOf(found, _digests);
        var by = default(DigestKind);
        var matches = made.Size is { } there && there != file.Size ? false : _digests.Matches(made.Digests, out by);
        if (wrong is null && matches == false && sink.Traits.MayRewrite(made))
            return copied with { Reason = "Changed by the storage: it writes properties of its own into files of this kind." };
        if (matches == false)
            wrong ??= new StorageFault(FaultKind.Integrity, "The destination has another digest than the source.") { AtDestination = true };
        if (wrong is null && rules.Verify == VerifyBy.ReadBack)
        {
            var back = await ReadBackAsync(made, file.Size, sha256, cancellationToken);
            if (back is null)
                (matches, by) = (true, DigestKind.Sha256);
            else if (back.Kind != FaultKind.Integrity)
                return back;
            wrong = back;
        }

        if (wrong is null)
            return copied with { VerifiedBy = matches == true ? by : made.Compared };

        // Remove the file only if this copy has created it. An id can only be used once.
        if (file.Replaces is null)
            _ = await sink.DiscardAsync(made, cancellationToken);
        return await SaveAsync(new CopyTargeted(file.Name, null, file.Replaces), cancellationToken) ? wrong : Lost;
    }

    private sealed record Moved(SinkProgress Progress, TransferDigests Digests);
}
