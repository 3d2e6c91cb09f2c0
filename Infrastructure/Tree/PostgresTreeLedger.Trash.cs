using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Tree;

internal sealed partial class PostgresTreeLedger
{
    public Task<IReadOnlyList<TrashItem>> ListAsync(EntryId space, TrashKey? after, int limit, CancellationToken cancellationToken) =>
        TrashAsync(
            TreeQueries.Trash,
            new
            {
                Space = space.Value,
                AfterAt = after?.At.ToUniversalTime(),
                AfterId = after?.Entry.Value ?? Guid.Empty,
                AfterVersion = after?.Version ?? 0,
                Limit = limit,
            },
            cancellationToken);

    public async Task<TrashItem?> FindAsync(EntryId space, EntryId entry, int? version, CancellationToken cancellationToken)
    {
        var found = await TrashAsync(
            version is null ? TreeQueries.RemovedEntry : TreeQueries.OldVersion,
                new { Space = space.Value, Entry = entry.Value, Version = version }, cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public async Task<int> EmptyAsync(EntryId space, TrashKey? item, int limit, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Incarnation = incarnation.Id,
            Space = space.Value,
            Entry = item?.Entry.Value,
            item?.Version,
            Limit = limit,
        };
        return await calls.RunAsync(
            (connection, token) => connection.ExecuteScalarAsync<int?>(Command(TreeQueries.EmptyTrash, parameters, token)),
            cancellationToken) ?? throw new ProcessReplacedException();
    }

    public async Task<IReadOnlyList<PurgedUpload>?> PurgeAsync(int limit, TimeSpan keep, CancellationToken cancellationToken)
    {
        var rows = await ListAsync(
            TreeQueries.PurgeTrash,
            new { Incarnation = incarnation.Id, Limit = limit, Keep = LedgerRows.Seconds(keep), Reason = StateReasons.NoFile },
            ((int Picked, Guid? Ended, bool? HasContent) row) => row,
            cancellationToken);
        if (rows.Count == 0 || rows[0].Picked == 0)
            return null;
        return [.. rows.Where(row => row.Ended is not null)
            .Select(row => new PurgedUpload(new UploadId(row.Ended!.Value), row.HasContent!.Value))];
    }

    private Task<IReadOnlyList<TrashItem>> TrashAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<TrashItem>>(
            async (connection, token) =>
            {
                const int own = 7;
                var found = new List<TrashItem>();
                await using var reader = await connection.ExecuteReaderAsync(Command(text, parameters, token));
                while (await reader.ReadAsync(token))
                {
                    var row = LedgerRows.Part<EntryRow>(reader, own)!.ToEntry();
                    found.Add(reader.GetRowParser<TrashRow>(startIndex: 0, length: own)(reader).ToItem(row));
                }

                return found;
            },
            cancellationToken);
}
