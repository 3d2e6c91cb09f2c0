using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>Steps 2 and 3: what the file becomes at the destination, and how much of it is there.</summary>
internal sealed partial class FileCopy
{
    /// <summary>Lets the checkpoint decide, once, what the file becomes. That is recorded before the destination hears of it.</summary>
    private async Task<Outcome<Target>> TargetAsync(SourceItem found, CancellationToken cancellationToken)
    {
        if (State.TargetName is null)
        {
            var choice = await checkpoint.ChooseAsync(found, State, [.. _unsaved], cancellationToken);
            if (!choice.Ok)
                return choice.Fault;
            if (choice.Value.End is { } ended)
                return new Target(null, ended);
            if (choice.Value.Target is not { } chosen)
                return Lost;
            _unsaved.Clear();
            State = State.After(chosen);
        }
        else if (State is { Replaces: null, TargetId: null } && sink.Traits.Ids)
        {
            var (id, fault) = await sink.NewIdAsync(cancellationToken);
            if (fault is not null)
                return fault;
            SaveLater(new CopyTargeted(State.TargetName, id, null));
        }

        return new Target(
            new SinkFile(
                rules.Folder, State.TargetName!, State.Size!.Value, State.TargetId, State.Replaces, found.MediaType ?? State.MediaType,
                found.Modified)
            {
                Key = State.Key,
                Condition = rules.Condition,
            },
            null);
    }

    /// <summary>Asks how much the destination has, or begins.</summary>
    private async Task<Outcome<SinkProgress>> ResumeAsync(SinkFile file, CancellationToken cancellationToken)
    {
        if (State.Session is { } session)
        {
            var asked = await sink.QueryAsync(session, file with { Recorded = State.Position }, cancellationToken);
            // A session also vanishes once the file is made.
            return !asked.Ok && asked.Fault.Kind == FaultKind.SessionLost && await MadeAsync(file, cancellationToken) is { } made
                ? new SinkProgress(file.Size, made)
                : asked;
        }

        var begun = await sink.BeginAsync(file, cancellationToken);
        if (!begun.Ok)
        {
            return begun.Fault.Kind == FaultKind.Taken && await MadeAsync(file, cancellationToken) is { } made
                ? new SinkProgress(file.Size, made)
                : begun.Fault;
        }

        var step = new CopyBegun(begun.Value);
        if (begun.Value.Repeatable && file.Size <= (sink.PieceOf(begun.Value.Id) ?? PieceBytes()))
        {
            SaveLater(step);
            return new SinkProgress(0, null);
        }

        return await SaveAsync(step, cancellationToken) ? new SinkProgress(0, null) : Lost;
    }

    /// <summary>The file, if an earlier attempt has finished it and its answer was lost.</summary>
    private async Task<SinkEntry?> MadeAsync(SinkFile file, CancellationToken cancellationToken) =>
        file.Id is { } id && await sink.StatAsync(id, cancellationToken) is { Value: { } entry } && entry.Size == file.Size ? entry : null;

    /// <param name="End">The copy ends without a byte; null if the file is to be written.</param>
    private sealed record Target(SinkFile? File, CopyEnd? End);
}
