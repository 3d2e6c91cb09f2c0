using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Tree;

/// <summary>
/// The trees in PostgreSQL: queries. Every change is a function in <c>db/</c>, called in one round trip and safe to repeat.
/// </summary>
internal sealed partial class PostgresTreeLedger(LedgerCalls calls, Incarnation incarnation) : ITreeLedger, ITreeChangeLedger, ITrashLedger,
    IMoveLedger
{
    static PostgresTreeLedger() => LedgerRows.Prepare();

    public Task<EntryId> SharedSpaceAsync(string tenant, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
                new EntryId(await connection.ExecuteScalarAsync<Guid>(Command(TreeQueries.SharedSpace, new { Tenant = tenant }, token))),
            cancellationToken);

    public Task<EntryId> OwnSpaceAsync(Caller caller, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) => new EntryId(
                await connection.ExecuteScalarAsync<Guid>(Command(TreeQueries.OwnSpace, new { caller.Tenant, caller.Subject }, token))),
            cancellationToken);

    public Task<Space?> SpaceAsync(Caller caller, EntryId id, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) => (await connection.QuerySingleOrDefaultAsync<SpaceRow>(
                Command(TreeQueries.Space, new { caller.Tenant, caller.Owner, Id = id.Value }, token)))?.ToSpace(),
            cancellationToken);

    public Task<IReadOnlyList<Space>> SpacesAsync(Caller caller, CancellationToken cancellationToken) =>
        ListAsync(TreeQueries.Spaces, new { caller.Tenant, caller.Owner }, (SpaceRow row) => row.ToSpace(), cancellationToken);

    public async Task<IReadOnlyList<IReadOnlyList<EntryId>>> SpacesAsync(
        IReadOnlyList<Caller> callers, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Tenants = callers.Select(caller => caller.Tenant).ToArray(),
            Owners = callers.Select(caller => caller.Owner).ToArray(),
        };
        var found = (await ListAsync(
            TreeQueries.SpacesOfSeveral, parameters, ((int Number, Guid Space) row) => row, cancellationToken))
            .ToLookup(row => row.Number, row => new EntryId(row.Space));
        return [.. callers.Select((_, i) => found[i + 1].ToList())];
    }

    public Task<(int Depth, Entry Entry)> ResolveAsync(EntryId space, IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
            {
                await using var reader = await connection.ExecuteReaderAsync(
                    Command(TreeQueries.Resolve, new { Space = space.Value, Names = names.ToArray() }, token));
                await reader.ReadAsync(token);
                return (reader.GetInt32(0), LedgerRows.Part<EntryRow>(reader, 1)!.ToEntry());
            },
            cancellationToken);

    public async Task<PlacedEntry?> FindAsync(Caller caller, EntryId id, CancellationToken cancellationToken)
    {
        var found = await PlacedAsync(TreeQueries.Find, new { caller.Tenant, caller.Owner, Id = id.Value }, cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public Task<IReadOnlyList<Entry?>> FindManyAsync(
        EntryId folder, IReadOnlyList<IReadOnlyList<string>> paths, CancellationToken cancellationToken)
    {
        var folders = new Dictionary<string, int>();
        var names = new List<string[]>();
        var places = new int[paths.Count];
        for (var i = 0; i < paths.Count; i++)
        {
            var key = TreePath.Join(paths[i].SkipLast(1));
            if (!folders.TryGetValue(key, out places[i]))
            {
                names.Add([.. paths[i].SkipLast(1)]);
                folders[key] = places[i] = names.Count;
            }
        }

        var parameters = new
        {
            Folder = folder.Value,
            Folders = JsonSerializer.Serialize(names),
            Places = places,
            Names = paths.Select(path => path[^1]).ToArray(),
        };
        return calls.RunAsync<IReadOnlyList<Entry?>>(
            async (connection, token) =>
            {
                var found = new Entry?[paths.Count];
                await using var reader = await connection.ExecuteReaderAsync(Command(TreeQueries.FindMany, parameters, token));
                while (await reader.ReadAsync(token))
                    found[reader.GetInt32(0) - 1] = LedgerRows.Part<EntryRow>(reader, 1)!.ToEntry();
                return found;
            },
            cancellationToken);
    }

    public async Task<PlacedEntry?> FindDamagedAsync(IReadOnlyCollection<EntryId> entries, CancellationToken cancellationToken)
    {
        var found = await PlacedAsync(
            TreeQueries.FindDamaged, new { Entries = entries.Select(entry => entry.Value).ToArray() }, cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public async Task<IReadOnlySet<UploadId>> UnreadableAsync(
        IReadOnlyCollection<UploadId> uploads, CancellationToken cancellationToken)
    {
        var parameters = new { Uploads = uploads.Select(upload => upload.Value).ToArray(), Incarnation = incarnation.Id };
        return (await ListAsync(TreeQueries.Unreadable, parameters, (Guid id) => new UploadId(id), cancellationToken)).ToHashSet();
    }

    public Task<IReadOnlyList<Entry>> EntriesOfAsync(IReadOnlyCollection<UploadId> uploads, CancellationToken cancellationToken) =>
        ListAsync(
            TreeQueries.EntriesOf, new { Uploads = uploads.Select(upload => upload.Value).ToArray() }, (EntryRow row) => row.ToEntry(),
            cancellationToken);

    public Task<IReadOnlyList<PlacedEntry>> FilesOfAsync(Caller caller, UploadId upload, int limit, CancellationToken cancellationToken) =>
        PlacedAsync(TreeQueries.FilesOf, new { caller.Tenant, caller.Owner, Upload = upload.Value, Limit = limit }, cancellationToken);

    public Task<(int Version, Entry Entry)?> PublishedAsAsync(UploadId upload, CancellationToken cancellationToken) =>
        calls.RunAsync<(int, Entry)?>(
            async (connection, token) =>
            {
                await using var reader = await connection.ExecuteReaderAsync(
                    Command(TreeQueries.PublishedAs, new { Upload = upload.Value }, token));
                return await reader.ReadAsync(token) ? (reader.GetInt32(0), LedgerRows.Part<EntryRow>(reader, 1)!.ToEntry()) : null;
            },
            cancellationToken);

    public Task<UploadId?> WithContentAsync(Caller caller, Sha256Digest sha256, long? size, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) => await connection.ExecuteScalarAsync<Guid?>(
                Command(
                    TreeQueries.WithContent,
                    new { caller.Tenant, caller.Owner, Sha256 = sha256.ToArray(), Size = size, Incarnation = incarnation.Id },
                    token)) is { } upload
                ? new UploadId(upload)
                : (UploadId?)null,
            cancellationToken);

    public Task<IReadOnlyList<Entry>> ListAsync(FolderQuery query, CancellationToken cancellationToken) =>
        ListAsync(
            TreeQueries.List(query),
            new
            {
                Folder = query.Folder.Value,
                query.Limit,
                Kind = query.Kind?.Word(),
                AfterName = query.After?.Name,
                AfterNumber = query.After?.Number ?? 0,
            },
            (EntryRow row) => row.ToEntry(),
            cancellationToken);

    public Task<IReadOnlyDictionary<EntryId, FolderCount>> CountAsync(
        IReadOnlyCollection<EntryId> folders, int most, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyDictionary<EntryId, FolderCount>>(
            async (connection, token) => (await connection.QueryAsync<(Guid Folder, int Files, int Folders)>(Command(
                TreeQueries.Count, new { Folders = folders.Select(folder => folder.Value).ToArray(), Most = most }, token)))
                .ToDictionary(
                    row => new EntryId(row.Folder),
                    row => new FolderCount(Math.Min(row.Files, most), Math.Min(row.Folders, most), row.Files + row.Folders > most)),
            cancellationToken);

    public Task<FolderTotals> TotalsAsync(EntryId folder, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, token) =>
                connection.QuerySingleAsync<FolderTotals>(Command(TreeQueries.Totals, new { Folder = folder.Value }, token)),
            cancellationToken);

    public Task<FolderBelow> CountBelowAsync(EntryId folder, int most, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, token) => connection.QuerySingleAsync<FolderBelow>(
                Command(TreeQueries.CountBelow, new { Folder = folder.Value, Most = most }, token)),
            cancellationToken);

    public Task<IReadOnlyList<PlacedEntry>> WalkAsync(
        EntryId folder, IReadOnlyList<string>? after, int limit, CancellationToken cancellationToken) =>
        PlacedAsync(TreeQueries.Walk, new { Folder = folder.Value, After = after?.ToArray(), Limit = limit }, cancellationToken);

    public Task<SearchPage> SearchAsync(SearchQuery query, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Space = query.Space.Value,
            Folder = query.Folder.Value,
            query.Text,
            Kind = query.Kind?.Word(),
            AfterName = query.After?.Name,
            AfterId = query.After?.Id.Value ?? Guid.Empty,
            query.Limit,
            query.Most,
        };
        return calls.RunAsync(
            async (connection, token) =>
            {
                var found = new List<PlacedEntry>();
                Entry? examined = null;
                await using var reader = await connection.ExecuteReaderAsync(Command(TreeQueries.Search, parameters, token));
                while (await reader.ReadAsync(token))
                {
                    var entry = LedgerRows.Part<EntryRow>(reader, 1)!.ToEntry();
                    if (await reader.IsDBNullAsync(0, token))
                        examined = entry;
                    else
                        found.Add(new PlacedEntry(reader.GetFieldValue<string[]>(0), entry));
                }

                return new SearchPage(found, examined);
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<Upload>> ArrivingAsync(EntryId folder, UploadId? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(
            TreeQueries.Arriving, new { Folder = folder.Value, After = after?.Value, Limit = limit }, (UploadRow row) => row.ToUpload(),
            cancellationToken);

    public Task<ChangePage> ChangesAsync(EntryId space, long after, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
            {
                await using var both = await connection.QueryMultipleAsync(
                    Command(TreeQueries.Changes, new { Space = space.Value, After = after, Limit = limit }, token));
                var changes = (await both.ReadAsync<ChangeRow>()).Select(row => row.ToChange()).ToList();
                var (generation, trimmedTo, sequence, at) = await both.ReadSingleAsync<(long, long, long, DateTime?)>();
                return new ChangePage(generation, trimmedTo, sequence, at is { } made ? LedgerRows.Utc(made) : null, changes);
            },
            cancellationToken);

    private static CommandDefinition Command(string text, object parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<IReadOnlyList<TOut>> ListAsync<TRow, TOut>(
        string text, object parameters, Func<TRow, TOut> convert, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<TOut>>(
            async (connection, token) => (await connection.QueryAsync<TRow>(Command(text, parameters, token))).Select(convert).ToList(),
            cancellationToken);

    /// <summary>Returns placed entries; rows without a path are in the trash and left out.</summary>
    private Task<IReadOnlyList<PlacedEntry>> PlacedAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<PlacedEntry>>(
            async (connection, token) =>
            {
                var found = new List<PlacedEntry>();
                await using var reader = await connection.ExecuteReaderAsync(Command(text, parameters, token));
                while (await reader.ReadAsync(token))
                {
                    if (!await reader.IsDBNullAsync(0, token))
                        found.Add(new PlacedEntry(reader.GetFieldValue<string[]>(0), LedgerRows.Part<EntryRow>(reader, 1)!.ToEntry()));
                }

                return found;
            },
            cancellationToken);
}
