using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using Dapper;

namespace ChunkUpload.Infrastructure.Tree;

internal sealed partial class PostgresTreeLedger
{
    public Task<Result<Entry>> BeginMoveAsync(
        Caller caller, Guid move, EntryId id, Entry source, Place place, NameConflict conflict, CancellationToken cancellationToken) =>
        DecideAsync(
            TreeQueries.BeginMove,
            repeated => new
            {
                Incarnation = incarnation.Id,
                Move = move,
                Id = id.Value,
                Space = source.Space.Value,
                Entry = source.Id.Value,
                source.Revision,
                To = place.Space.Value,
                Parent = place.Parent.Value,
                Names = place.Names.ToArray(),
                Conflict = conflict.Word(),
                caller.Tenant,
                caller.Subject,
                Repeated = repeated,
                Guard = GuardJson.Write(place.Guard),
            },
            cancellationToken);

    public async Task<FolderMove?> FindMoveAsync(Caller caller, Guid id, CancellationToken cancellationToken)
    {
        var parameters = new { Move = id, caller.Tenant, caller.Owner, caller.Subject };
        var found = await ListAsync(TreeQueries.FindMove, parameters, (MoveRow row) => row.ToMove(), cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public Task<IReadOnlyList<FolderMove>> OpenMovesAsync(CancellationToken cancellationToken) =>
        ListAsync(TreeQueries.OpenMoves, new { }, (MoveRow row) => row.ToMove(), cancellationToken);

    public Task ReportMoveAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, token) => connection.ExecuteAsync(
                Command(TreeQueries.ReportMove, new { Move = id, Entries = moved, LeftOut = leftOut }, token)),
            cancellationToken);

    public async Task EndMoveAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken)
    {
        var parameters = new { Incarnation = incarnation.Id, Move = id, Entries = moved, LeftOut = leftOut };
        var ended = await calls.RunAsync(
            (connection, token) => connection.ExecuteScalarAsync<bool>(Command(TreeQueries.EndMove, parameters, token)), cancellationToken);
        if (!ended)
            throw new ProcessReplacedException();
    }
}
