using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using Dapper;

namespace ChunkUpload.Infrastructure.Tree;

internal sealed partial class PostgresTreeLedger
{
    public Task<Result<Entry>> MakeAsync(EntryId id, NewEntry entry, CancellationToken cancellationToken) =>
        DecideAsync(
            TreeQueries.Make,
            _ => new
            {
                Incarnation = incarnation.Id,
                Id = id.Value,
                Space = entry.Place.Space.Value,
                Parent = entry.Place.Parent.Value,
                Names = entry.Place.Names.ToArray(),
                Conflict = entry.Conflict.Word(),
                ModifiedNs = entry.Modified?.Nanoseconds,
                entry.Mode,
                entry.LinkTarget,
                entry.Subject,
                Source = entry.CopyOf?.Value,
                entry.Alone,
                Guard = GuardJson.Write(entry.Place.Guard),
            },
            cancellationToken);

    public Task<Result<Entry>> ChangeAsync(EntryId space, EntryId id, EntryChange change, CancellationToken cancellationToken) =>
        DecideAsync(
            TreeQueries.Change,
            repeated => new
            {
                Incarnation = incarnation.Id,
                Space = space.Value,
                Id = id.Value,
                change.Revision,
                Parent = change.Place?.Parent.Value,
                Names = change.Place?.Names.ToArray(),
                Conflict = change.Conflict.Word(),
                ModifiedNs = change.Modified?.Nanoseconds,
                change.Mode,
                change.Subject,
                Repeated = repeated,
            },
            cancellationToken);

    public async Task<Result<MovedEntry>> MoveOverAsync(
        Entry entry, Place place, bool overwrite, string subject, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(
            TreeQueries.MoveOver,
            repeated => new
            {
                Incarnation = incarnation.Id,
                Space = entry.Space.Value,
                Id = entry.Id.Value,
                entry.Revision,
                Parent = place.Parent.Value,
                place.Name,
                Overwrite = overwrite,
                Subject = subject,
                Repeated = repeated,
                Guard = GuardJson.Write(place.Guard),
            },
            cancellationToken);
        return answer.Outcome is "ok" or "replaced"
            ? new MovedEntry(answer.Row!, answer.Outcome == "replaced")
            : LedgerRefusals.OfTree(answer.Outcome, answer.Excess);
    }

    public Task<Result<Entry>> RemoveAsync(
        EntryId space, EntryId id, long? revision, string subject, CancellationToken cancellationToken) =>
        DecideAsync(
            TreeQueries.Remove,
            repeated => new
            {
                Incarnation = incarnation.Id,
                Space = space.Value,
                Id = id.Value,
                Revision = revision,
                Subject = subject,
                Repeated = repeated,
            },
            cancellationToken);

    public Task<Result<Entry>> RemoveAsync(
        Entry entry, long? revision, string subject, ChangeGuard guard, CancellationToken cancellationToken) =>
        DecideAsync(
            TreeQueries.RemoveGuarded,
            repeated => new
            {
                Incarnation = incarnation.Id,
                Space = entry.Space.Value,
                Id = entry.Id.Value,
                Revision = revision,
                Subject = subject,
                Repeated = repeated,
                Guard = GuardJson.Write(guard),
            },
            cancellationToken);

    public Task<Result<Entry>> RestoreAsync(
        EntryId space, EntryId id, Place? place, NameConflict conflict, string subject, CancellationToken cancellationToken) =>
        DecideAsync(
            TreeQueries.Restore,
            repeated => new
            {
                Incarnation = incarnation.Id,
                Space = space.Value,
                Id = id.Value,
                Parent = place?.Parent.Value,
                Names = place?.Names.ToArray(),
                Conflict = conflict.Word(),
                Subject = subject,
                Repeated = repeated,
            },
            cancellationToken);

    public Task<Result<Entry>> PlaceUploadAsync(
        Caller caller, EntryId id, UploadId upload, PlacedUpload kind, FileTarget target, CancellationToken cancellationToken) =>
        DecideAsync(
            TreeQueries.PlaceUpload,
            repeated => new
            {
                Incarnation = incarnation.Id,
                Id = id.Value,
                Upload = upload.Value,
                caller.Tenant,
                caller.Owner,
                Copy = kind != PlacedUpload.Unfiled,
                Live = kind == PlacedUpload.Live,
                Space = target.Place.Space.Value,
                Parent = target.Place.Parent.Value,
                Names = target.Place.Names.ToArray(),
                Conflict = target.Conflict.Word(),
                Into = target.Into?.Value,
                target.Revision,
                ModifiedNs = target.Modified?.Nanoseconds,
                target.Mode,
                caller.Subject,
                Repeated = repeated,
                Source = target.CopyOf?.Value,
                target.Request?.Key,
                KeyHash = target.Request?.Hash.ToArray(),
                Guard = GuardJson.Write(target.Place.Guard),
            },
            cancellationToken);

    public async Task<Result<CopiedEntries>> CopyAsync(
        EntryId space, IReadOnlyCollection<EntryCopy> copies, string subject, bool moves, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Incarnation = incarnation.Id,
            Space = space.Value,
            Sources = copies.Select(copy => copy.Source.Value).ToArray(),
            Ids = copies.Select(copy => copy.Id.Value).ToArray(),
            Parents = copies.Select(copy => copy.Parent.Value).ToArray(),
            Names = copies.Select(copy => copy.Name).ToArray(),
            Subject = subject,
            Moves = moves,
        };
        var answer = await calls.RunAsync(
            async (connection, token) =>
            {
                await using var reader = await connection.ExecuteReaderAsync(Command(TreeQueries.Copy, parameters, token));
                await reader.ReadAsync(token);
                return LedgerAnswer<CopiedEntries>.Read(reader, row => row.IsDBNull(1) ? null : new CopiedEntries(row.GetInt64(1)));
            },
            cancellationToken);
        return answer.Outcome == "ok" ? answer.Row! : LedgerRefusals.OfTree(answer.Outcome, answer.Excess);
    }

    /// <param name="parameters">Returns the parameters; its argument is true if an earlier attempt may have committed.</param>
    private async Task<Result<Entry>> DecideAsync(string text, Func<bool, object> parameters, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(text, parameters, cancellationToken);
        return answer.Outcome == "ok" ? answer.Row! : LedgerRefusals.OfTree(answer.Outcome, answer.Excess);
    }

    private Task<LedgerAnswer<Entry>> AnswerAsync(string text, Func<bool, object> parameters, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, repeated, token) =>
            {
                await using var reader = await connection.ExecuteReaderAsync(Command(text, parameters(repeated), token));
                await reader.ReadAsync(token);
                return LedgerAnswer<Entry>.Read(reader, row => LedgerRows.Part<EntryRow>(row, 1)?.ToEntry());
            },
            cancellationToken);
}
