using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Records the copy of a file in the item of its transfer, and chooses the target by the transfer's options. No other file of the transfer
/// gets the same name, and no other transfer writes to it at the same time.
/// </summary>
internal sealed class ItemCheckpoint(
    WorkLease lease, Transfer transfer, TransferItem item, OpenEnds ends, TransferProgress.MovingFile moving,
    TransferPace.PacedFile pace, PieceLength pieces, ITransferWorkLedger ledger, Func<bool> mayYield) : ICopyCheckpoint
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>The folder at the destination.</summary>
    public string Folder => item.Folder ?? transfer.Target;

    /// <summary>The copy as the item has recorded it.</summary>
    public CopyState Recorded { get; } = new(item.SourceId, item.Name)
    {
        MediaType = item.MediaType,
        Size = item.Size,
        Pin = item.Pin,
        TargetId = item.TargetId,
        TargetName = item.TargetName,
        Replaces = item.Replaces,
        Session = item.Session,
        Position = item.Position,
        Hashes = item.Hashes,
        Key = $"transfer:{item.Id:n}:{item.Restarts}",
        HasFailed = item.Attempts > 0,
        WasDamaged = item.Fault == FaultKind.Integrity,
    };

    /// <summary>Returns the item with the state of its copy.</summary>
    public TransferItem ItemAt(CopyState state) => item with
    {
        Name = state.Name,
        Size = state.Size,
        Pin = state.Pin,
        Session = state.Session,
        Position = state.Position,
        Attempts = state.HasFailed ? item.Attempts : 0,
    };

    public async Task<bool> SaveAsync(IReadOnlyList<CopyStep> steps, CancellationToken cancellationToken)
    {
        if (await ledger.SaveItemAsync(lease.Item, item.Id, steps, null, cancellationToken) is not { } saved)
            return false;
        Saved(saved);
        return true;
    }

    public async Task<Outcome<CopyChoice>> ChooseAsync(
        SourceItem found, CopyState state, IReadOnlyList<CopyStep> unsaved, CancellationToken cancellationToken)
    {
        var sink = ends.Sink;
        var folds = sink.Traits.FoldsNames;
        var name = sink.Traits.NameOf(state.Name);
        var choice = new TargetChoice(
            sink, transfer.Options, (at, entry) => ledger.IsMadeAsync(item, at, entry, folds, cancellationToken));
        var (place, since) = (sink.PlaceOf(Folder), item.TakenAt ?? DateTimeOffset.MinValue);
        var there = await sink.FindAsync(Folder, name, cancellationToken);
        var id = state.TargetId;
        while (true)
        {
            if (!there.Ok)
                return there.Fault;
            var chosen = transfer.Sync is null
                ? await choice.DecideAsync(Folder, name, there.Value, found, state.Size!.Value, cancellationToken)
                : ExactTarget(name, there.Value);
            if (!chosen.Ok)
                return chosen.Fault;
            if (chosen.Value.Skip is { } reason)
            {
                // When moving, only the version that was compared is removed at the source.
                var same = transfer.Options.Move ? chosen.Value.SameBy : null;
                return same is null || await SaveAsync(unsaved, cancellationToken)
                    ? new CopyChoice(null, CopyEnd.Skipped(reason) with { VerifiedBy = same })
                    : new CopyChoice(null, null);
            }

            if (chosen.Value.Replaces is null && id is null)
            {
                (id, var fault) = await sink.NewIdAsync(cancellationToken);
                if (fault is not null)
                    return fault;
            }

            var target = new CopyTargeted(chosen.Value.Name, id, chosen.Value.Replaces);
            var claim = new NameClaim(Folder, place, folds, since);
            if (await ledger.SaveItemAsync(lease.Item, item.Id, [.. unsaved, target], claim, cancellationToken) is not { } saved)
                return new CopyChoice(null, null);
            switch (saved.Claim)
            {
                case ClaimResult.Free:
                    Saved(saved);
                    return new CopyChoice(target, null);
                case ClaimResult.Own:
                    choice.IsGiven(chosen.Value.Name);
                    break;
                case ClaimResult.Held:
                    return new CopyChoice(null, Behind());
                default:
                    since = saved.At;
                    there = await sink.FindAsync(Folder, name, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>For a pair: the file gets exactly the planned path; otherwise the pair is scanned again.</summary>
    private Outcome<ChosenTarget> ExactTarget(string name, IReadOnlyList<SinkEntry> there)
    {
        if (name != item.Name)
            return new ChosenTarget(name, null, "The destination cannot have this name.");
        var isAsPlanned = item.Replaces is { } replaces
            ? there is [{ Kind: StorageItemKind.File } one] && one.Id == replaces && VersionOf(one) == item.ReplacesVersion
            : there.Count == 0;
        return new ChosenTarget(name, item.Replaces, isAsPlanned ? null : "The destination has another item with this name now.");
    }

    /// <summary>Returns the version in the form of a listing, because the replaced version was found by a listing.</summary>
    private string? VersionOf(SinkEntry entry) => ends.Back is { } back ? back.VersionOf(entry.Pin) : entry.Pin;

    public Task<long?> RoomAsync(CancellationToken cancellationToken) =>
        ends.RoomAsync is { } ask ? ask(cancellationToken) : Task.FromResult<long?>(null);

    public async Task<bool> YieldsAsync(CancellationToken cancellationToken) =>
        mayYield() && await ledger.IsLaneUnservedAsync(lease.Item, cancellationToken);

    public void Progress() => lease.Progress();

    public long NextPiece(long most) => pieces.Next(most);

    public void Sending(int bytes)
    {
        pieces.Sent(bytes);
        moving.Add(bytes);
    }

    public ValueTask PaceAsync(int bytes) => pace.PassAsync(bytes, lease.Progress);

    public void Interrupted() => ends.Calls.Withdraw();

    private void Saved(SavedItem saved)
    {
        moving.Saved(saved.Bytes);
        lease.Progress();
    }

    /// <summary>Postpones the file until the other transfer has finished its file, which may be the same.</summary>
    private CopyEnd Behind()
    {
        // The longer it has waited, the less often it checks.
        var waited = (item.TakenAt - item.BeganAt) / 4 ?? ShortestWait;
        return new CopyEnd(CopyOutcome.Postponed)
        {
            Reason = "Another transfer is writing a file of this name into the folder. This file continues when that one has ended.",
            Pause = waited < ShortestWait ? ShortestWait : waited > LongestWait ? LongestWait : waited,
        };
    }
}
