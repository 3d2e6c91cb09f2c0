using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>Steps 2 and 3: the target of the file, and the number of bytes that the destination has.</summary>
internal sealed partial class FileCopy
{
    /// <summary>Lets the checkpoint choose the target once. It is recorded before a request to the destination.</summary>
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

    /// <summary>Queries how many bytes the destination has, or starts an upload.</summary>
    private async Task<Outcome<SinkProgress>> ResumeAsync(SinkFile file, CancellationToken cancellationToken)
    {
        if (State.Session is { } session)
        {
            var asked = await sink.QueryAsync(session, file with { Recorded = State.Position }, cancellationToken);
            // A session also ends when the file is created.
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

    /// <summary>Returns the file if an earlier attempt has completed it and the response was lost.</summary>
    private async Task<SinkEntry?> MadeAsync(SinkFile file, CancellationToken cancellationToken) =>
        file.Id is { } id && await sink.StatAsync(id, cancellationToken) is { Value: { } entry } && entry.Size == file.Size ? entry : null;

    /// <param name="End">Set if the copy ends without sending a byte; null if the file must be written.</param>
    private sealed record Target(SinkFile? File, CopyEnd? End);
}
