using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Fsck;

/// <summary>Reads the ledger for fsck. Only four statements change something; see <see cref="FsckQueries"/>.</summary>
internal sealed class FsckLedger : IFsckLedger
{
    private readonly LedgerCalls _calls;
    private readonly Lazy<Guid> _store;
    private readonly Func<Guid?> _shared;

    /// <param name="store">Called at the first query, when fsck has found the data directory.</param>
    /// <param name="shared">The store that all nodes share, if it is reached.</param>
    public FsckLedger(LedgerCalls calls, Func<Guid> store, Func<Guid?> shared)
    {
        _calls = calls;
        _store = new(store);
        _shared = shared;
        LedgerRows.Prepare();
    }

    public Task<IReadOnlyList<FsckUpload>> UploadsAsync(UploadId? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(FsckQueries.Uploads, new { Stores, After = after?.Value, Limit = limit }, (FsckUploadRow row) =>
            row.ToUpload(),
            cancellationToken);

    public Task<IReadOnlyList<Upload>> QuarantinedAsync(UploadId? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(FsckQueries.Quarantined, new { Store = _store.Value, After = after?.Value, Limit = limit }, (UploadRow row) =>
            row.ToUpload(),
            cancellationToken);

    public Task<IReadOnlyList<FsckExtent>> ExtentsAsync(FsckKey? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(FsckQueries.Extents, Page(after, limit), (FsckExtentRow row) => row.ToExtent(), cancellationToken);

    public async Task<FsckExtent?> ExtentAsync(FsckKey key, CancellationToken cancellationToken) =>
        await ListAsync(FsckQueries.Extent, Page(key, 1), (FsckExtentRow row) => row.ToExtent(), cancellationToken) is [var extent]
            ? extent
            : null;

    public Task<IReadOnlyList<FsckPrefix>> PrefixesAsync(FsckKey? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(FsckQueries.Prefixes, Page(after, limit), (FsckPrefixRow row) => row.ToPrefix(), cancellationToken);

    public async Task<FsckPrefix?> PrefixAsync(FsckKey key, CancellationToken cancellationToken) =>
        await ListAsync(FsckQueries.Prefix, Page(key, 1), (FsckPrefixRow row) => row.ToPrefix(), cancellationToken) is [var prefix]
            ? prefix
            : null;

    public Task<IReadOnlyList<FsckFile>> FilesAsync(Guid? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(
            FsckQueries.Files, new { Stores, After = after, Limit = limit }, (FsckFileRow row) => row.ToFile(),
            cancellationToken);

    public Task<IReadOnlyList<FsckFile>> TombstonesAsync(TimeSpan age, Guid? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(FsckQueries.Tombstones, new { Stores, Age = age, After = after, Limit = limit }, (FsckFileRow row) =>
            row.ToFile(),
            cancellationToken);

    public Task<IReadOnlyList<FsckUnknownFile>> UnknownFilesAmongAsync(
        IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken) =>
        ListAsync(
            FsckQueries.UnknownFiles,
            new
            {
                // They are the files of one store: that which was listed.
                Store = files.First().Store,
                Ids = files.Select(file => file.Unique).ToArray(),
                Kinds = files.Select(file => (short)file.Kind).ToArray(),
                Incarnations = files.Select(file => file.Incarnation).ToArray(),
            },
            (FsckUnknownFileRow row) => row.ToUnknownFile(),
            cancellationToken);

    public Task<IReadOnlyList<FsckEntry>> EntriesAsync(EntryId? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(FsckTreeQueries.Entries, new { After = after?.Value, Limit = limit }, (FsckEntryRow row) => row.ToEntry(),
            cancellationToken);

    public Task<IReadOnlyList<FsckEntry>> CyclesAmongAsync(
        IReadOnlyCollection<EntryId> folders, CancellationToken cancellationToken) =>
        ListAsync(
            FsckTreeQueries.Cycles, new { Folders = folders.Select(folder => folder.Value).ToArray() },
            (FsckEntryRow row) => row.ToEntry(), cancellationToken);

    public Task<IReadOnlyList<FsckVersion>> VersionsAsync(FsckVersionKey? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(
            FsckTreeQueries.Versions, new { Entry = after?.Entry.Value, Number = after?.Number ?? 0, Limit = limit },
            (FsckVersionRow row) => row.ToVersion(), cancellationToken);

    public Task<IReadOnlyList<FsckSpace>> SpacesAsync(CancellationToken cancellationToken) =>
        ListAsync(FsckTreeQueries.Spaces, new { }, (FsckSpaceRow row) => row.ToSpace(), cancellationToken);

    public Task RecountSpaceAsync(EntryId space, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            (connection, token) => connection.ExecuteAsync(
                new CommandDefinition(
                    FsckTreeQueries.RecountSpace, new { Space = space.Value }, commandTimeout: 0, cancellationToken: token)),
            cancellationToken);

    public Task<IReadOnlyList<FsckUsage>> UsageFaultsAsync(CancellationToken cancellationToken) => ListAsync(
        "select * from usage_faults()", new { },
        (FsckUsageRow row) => new FsckUsage(
            row.Tenant, row.Subject, new LimitUsage(row.StoredBytes, row.Files, row.OpenUploads),
            new LimitUsage(row.SummedBytes, row.SummedFiles, row.SummedOpen)),
        cancellationToken);

    public Task<long> RecountUsageAsync(CancellationToken cancellationToken) => _calls.RunAsync(
        (connection, token) => connection.ExecuteScalarAsync<long>(
            new CommandDefinition("select recount_usage()", commandTimeout: 0, cancellationToken: token)),
        cancellationToken);

    public Task<IReadOnlyList<FsckLink>> LinkFaultsAsync(CancellationToken cancellationToken) =>
        ListAsync("select * from link_faults()", new { }, (FsckLinkRow row) => row.ToLink(), cancellationToken);

    public Task<long> RecountLinksAsync(CancellationToken cancellationToken) => _calls.RunAsync(
        (connection, token) => connection.ExecuteScalarAsync<long>(
            new CommandDefinition("select recount_links()", commandTimeout: 0, cancellationToken: token)),
        cancellationToken);

    public Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            (connection, token) => connection.ExecuteAsync(
                new CommandDefinition(
                    ExtentQueries.LiftQuarantine, new { Incarnation = (long?)null, Id = id.Value }, cancellationToken: token)),
            cancellationToken);

    /// <summary>The stores whose files are checked here.</summary>
    private Guid[] Stores => _shared() is { } shared ? [_store.Value, shared] : [_store.Value];

    private object Page(FsckKey? key, int limit) =>
        new { Stores, Upload = key?.Upload.Value, Start = key?.Start ?? 0, Limit = limit };

    private Task<IReadOnlyList<T>> ListAsync<TRow, T>(
        string query, object parameters, Func<TRow, T> map, CancellationToken cancellationToken) =>
        _calls.RunAsync<IReadOnlyList<T>>(
            async (connection, token) =>
            {
                // No timeout, because reading the whole ledger may take long.
                var rows = await connection.QueryAsync<TRow>(
                    new CommandDefinition(query, parameters, commandTimeout: 0, cancellationToken: token));
                return [.. rows.Select(map)];
            },
            cancellationToken);
}
