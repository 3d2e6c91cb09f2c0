using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>Steps 3 and 4: what the file becomes at the destination, and how much of it is there.</summary>
internal sealed partial class FileMove
{
    /// <summary>Decides, once, what the file becomes there. The caller records it before the destination hears of it.</summary>
    private async Task<Outcome<Target>> TargetAsync(SourceItem found, long size, CancellationToken cancellationToken)
    {
        var folder = Item.Folder ?? transfer.Target;
        var name = _sink.Traits.NameOf(Item.Name);
        if (Item.TargetName is null && await ChooseAsync(folder, name, found, size, cancellationToken) is { } ended)
            return ended.Ok ? new Target(null, ended.Value) : ended.Fault;
        if (_sink.Traits.Ids && Item.Replaces is null && Item.TargetId is null)
        {
            var (id, fault) = await NewIdAsync(cancellationToken);
            if (fault is not null)
                return fault;
            SaveLater(new ItemProgress { TargetId = id });
        }

        return new Target(
            new SinkFile(
                folder, Item.TargetName ?? name, size, Item.TargetId, Item.Replaces, found.MediaType ?? Item.MediaType, found.Modified)
            {
                Key = $"transfer:{Item.Id:n}:{Item.Restarts}",
            },
            null);
    }

    /// <summary>Chooses a name that no other file of the transfer has, and records it.</summary>
    /// <returns>Null: the file is to be written.</returns>
    private async Task<Outcome<ItemEnd>?> ChooseAsync(
        string folder, string name, SourceItem found, long size, CancellationToken cancellationToken)
    {
        var folds = _sink.Traits.FoldsNames;
        var choice = new TargetChoice(
            _sink, transfer.Options, (at, entry) => ledger.IsMadeAsync(Item, at, entry, folds, cancellationToken));
        var there = await _sink.FindAsync(folder, name, cancellationToken);
        if (!there.Ok)
            return there.Fault;
        var id = Item.TargetId;
        while (true)
        {
            var chosen = await choice.DecideAsync(folder, name, there.Value, found, size, cancellationToken);
            if (!chosen.Ok)
                return chosen.Fault;
            if (chosen.Value.Skip is { } reason)
                return new ItemEnd(TransferItemState.Skipped) { Reason = reason };
            if (_sink.Traits.Ids && chosen.Value.Replaces is null && id is null)
            {
                (id, var fault) = await NewIdAsync(cancellationToken);
                if (fault is not null)
                    return fault;
            }

            var progress = new ItemProgress
            {
                TargetName = chosen.Value.Name,
                Replaces = chosen.Value.Replaces,
                TargetId = id,
                ClaimIn = folder,
                Folds = folds,
            };
            if (await TrySaveAsync(progress, cancellationToken) is not { } saved)
                return Lost;
            if (!saved.NameIsTaken)
                return null;
            choice.IsGiven(chosen.Value.Name);
        }
    }

    private async Task<(string? Id, StorageFault? Fault)> NewIdAsync(CancellationToken cancellationToken)
    {
        var ids = await _sink.NewIdsAsync(1, cancellationToken);
        return ids.Ok ? (ids.Value is [var id, ..] ? id : null, null) : (null, ids.Fault);
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

        if (begun.Value.Repeatable && file.Size <= (_sink.PieceOf(begun.Value.Id) ?? PieceBytes()))
        {
            SaveLater(new ItemProgress { Session = begun.Value });
            return new SinkProgress(0, null);
        }

        return await SaveAsync(new ItemProgress { Session = begun.Value, Position = 0, Hashes = null }, cancellationToken)
            ? new SinkProgress(0, null)
            : Lost;
    }

    /// <summary>The file, if an earlier attempt has finished it and its answer was lost.</summary>
    private async Task<SinkEntry?> MadeAsync(SinkFile file, CancellationToken cancellationToken) =>
        file.Id is { } id && await _sink.StatAsync(id, cancellationToken) is { Value: { } entry } && entry.Size == file.Size ? entry : null;

    /// <param name="End">The item ends without a byte; null: the file is to be written.</param>
    private sealed record Target(SinkFile? File, ItemEnd? End);
}
