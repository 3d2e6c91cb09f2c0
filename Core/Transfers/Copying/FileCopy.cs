using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>
/// Copies one file from a source to a sink, and can resume after a kill at any point: it queries the destination's offset before a byte is
/// sent, and saves the states of the digests with each accepted piece. It does not depend on transfers: its checkpoint records the steps
/// and chooses the target.
/// </summary>
/// <remarks>
/// 1. Query the current version of the file at the source. If it differs from the recorded one, restart.
/// 2. Let the checkpoint choose the target at the destination once.
/// 3. Query the destination's offset, or start an upload.
/// 4. Advance the digests to that offset. After a kill, at most one piece is read again for this.
/// 5. Read and send piece by piece, and record each one.
/// 6. Compare the digests of both ends with the computed ones.
/// </remarks>
/// <param name="state">The recorded state.</param>
internal sealed partial class FileCopy(
    ISource source, ISink sink, ICopyCheckpoint checkpoint, CopyRules rules, CopyState state, IRunningHashes hashes)
{
    private readonly List<CopyStep> _unsaved = [];
    private bool _emptySent;

    /// <summary>Whether the bytes are already on this machine; then the bandwidth limit was applied when they were downloaded.</summary>
    private bool _isKept;

    /// <summary>The digests of the bytes that the destination has accepted; set in step 4.</summary>
    private TransferDigests _digests = null!;

    /// <summary>The state of the copy.</summary>
    public CopyState State { get; private set; } = state;

    public async Task<Outcome<CopyEnd>> RunAsync(CancellationToken cancellationToken)
    {
        // 1. Query the current version of the file at the source.
        var looked = await LookAsync(cancellationToken);
        if (!looked.Ok)
            return looked.Fault;
        if (looked.Value.End is { } skipped)
            return skipped;
        var found = looked.Value.Found!;

        // 2. and 3.
        var target = await TargetAsync(found, cancellationToken);
        if (_unsaved.Count > 0 && !await SaveAsync(null, cancellationToken))
            return Lost;
        if (!target.Ok)
            return target.Fault with { AtDestination = true };
        if (target.Value.End is { } end)
            return end;
        var file = target.Value.File!;
        if (await CopyInsideAsync(found, file, cancellationToken) is { } inside)
            return inside;
        var at = await ResumeAsync(file, cancellationToken);
        if (!at.Ok)
            return at.Fault with { AtDestination = true };

        // 4. Advance the digests to that offset.
        var digests = await DigestsAtAsync(found, at.Value.Accepted, cancellationToken);
        if (!digests.Ok)
            return digests.Fault;
        _digests = digests.Value;
        try
        {
            // 5. Read and send piece by piece, and record each one.
            var sent = await SendAsync(found, file, at.Value, cancellationToken);
            if (!sent.Ok)
                return sent.Fault;
            if (sent.Value.Made is null)
                return new CopyEnd(CopyOutcome.Postponed);

            // If the file was removed during the last piece, the pair must not record it: the next scan would remove the change.
            if (rules.Condition is not null && sink is IFollowingSink following
                && await following.PlaceFaultAsync(sent.Value.Made, file, cancellationToken) is { } misplaced)
                return misplaced with { AtDestination = true };

            // 6. Compare the digests of both ends with the computed ones.
            var verified = await VerifyAsync(found, file, sent.Value.Made, cancellationToken);
            if (verified is not { Value: { } copied })
                return verified;
            return copied with
            {
                Note = await NoteAsync(found, cancellationToken),
                OtherTime = copied.Made!.Modified is { } there && found.Modified is { } here && there != here ? there : null,
                Position = State.Position < sent.Value.Accepted ? sent.Value.Accepted : null,
            };
        }
        finally
        {
            _digests.Dispose();
        }
    }

    /// <summary>Step 1: returns the current file at the source with its size, or the outcome if there is nothing to copy.</summary>
    private async Task<Outcome<Look>> LookAsync(CancellationToken cancellationToken)
    {
        var stat = await source.StatAsync(State.SourceId, cancellationToken);
        if (!stat.Ok)
            return stat.Fault;
        var found = stat.Value;
        if (found.Skip is { } skip)
            return new Look(null, CopyEnd.Skipped(skip));
        if (found.Size is null)
        {
            // Usually the quota is compared with the size, but here the size is known only after reading the whole file.
            var room = await checkpoint.RoomAsync(cancellationToken);
            var kept = await source.KeepAsync(found, room, PaceAsync, cancellationToken);
            if (!kept.Ok)
                return kept.Fault;
            found = kept.Value;
            _isKept = true;
        }

        if (found.Size is not { } size)
            return new Look(null, CopyEnd.Skipped("Its size is not known before it is read."));
        // A source that can only be read from the start has no pin to compare; step 4 compares the bytes.
        var changed = State.Pin is not null && (found.FromStartOnly ? State.Size != size : State.Pin != found.Pin);
        if (changed && (State.Position > 0 || State.Session is not null))
            return await SaveAsync(new CopyPinned(found.Pin, size, null), cancellationToken) ? Changed : Lost;

        var name = source.Traits.NamesLate && State.TargetName is null && found.Name != State.Name ? found.Name : null;
        if (State.Pin != found.Pin || State.Size != size || name is not null)
            SaveLater(new CopyPinned(found.Pin, size, name));
        return new Look(found, null);
    }

    /// <summary>Step 5: reads and sends until the destination has the file, or the copy must yield to other work.</summary>
    /// <param name="at">The destination's offset, and the file itself if an earlier attempt has created it.</param>
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
                var committed = await sink.CommitAsync(State.Session!, file with { Sha256 = _digests.Sha256() }, cancellationToken);
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

            // The final record contains the last piece, unless the file is read back before, which may take long.
            if (at.Made is not null && !State.HasFailed && rules.Verify != VerifyBy.ReadBack)
                break;
            if (!await SaveAsync(new CopyAccepted(at.Accepted, _digests.Save()), cancellationToken))
                return Lost;
            // A file that would have to be read from its start again does not yield.
            if (at.Made is null && at.Accepted < file.Size && !found.FromStartOnly && !_isKept
                && await checkpoint.YieldsAsync(cancellationToken))
                break;
        }

        return at;
    }

    /// <summary>
    /// Returns a note if the source has a newer version than the pinned one that was copied. This is only checked for storages that keep
    /// pinned versions, and not for files of one piece.
    /// </summary>
    private async Task<string?> NoteAsync(SourceItem found, CancellationToken cancellationToken)
    {
        if (!found.OutlivesChange || found.Size <= PieceBytes())
            return null;
        var now = await source.StatAsync(State.SourceId, cancellationToken);
        return now is { Value.Pin: { } pin } && pin != found.Pin
            ? "The source was changed while it was copied. The copy has the content from before the change."
            : null;
    }

    private static StorageFault Changed =>
        new(FaultKind.SourceChanged, "The source was changed while it was read; it begins again.");

    private static StorageFault Lost => new(FaultKind.Transient, "Another worker has taken over.");

    /// <summary>Records the step together with the next one, because no request to the destination depends on it yet.</summary>
    private void SaveLater(CopyStep step)
    {
        _unsaved.Add(step);
        State = State.After(step);
    }

    /// <param name="step">Null to save the postponed steps only.</param>
    /// <returns>False if another worker has taken over.</returns>
    private async Task<bool> SaveAsync(CopyStep? step, CancellationToken cancellationToken)
    {
        IReadOnlyList<CopyStep> steps = step is null ? [.. _unsaved] : [.. _unsaved, step];
        if (!await checkpoint.SaveAsync(steps, cancellationToken))
            return false;
        _unsaved.Clear();
        if (step is not null)
            State = State.After(step);
        return true;
    }

    /// <param name="End">Set if the copy ends without sending a byte; null if there is a file to copy.</param>
    private sealed record Look(SourceItem? Found, CopyEnd? End);
}
