using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>The ledger as fsck reads it. Only one statement changes something; see <see cref="FsckQueries"/>.</summary>
internal sealed class FsckLedger : IFsckLedger
{
    private readonly LedgerCalls _calls;

    public FsckLedger(LedgerCalls calls)
    {
        _calls = calls;
        LedgerRows.Prepare();
    }

    public Task<IReadOnlyList<FsckUpload>> UploadsAsync(UploadId? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(FsckQueries.Uploads, new { After = after?.Value, Limit = limit }, (FsckUploadRow row) => row.ToUpload(),
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
        ListAsync(FsckQueries.Files, new { After = after, Limit = limit }, (FsckFileRow row) => row.ToFile(), cancellationToken);

    public Task<IReadOnlyList<FsckFile>> TombstonesAsync(TimeSpan age, Guid? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(FsckQueries.Tombstones, new { Age = age, After = after, Limit = limit }, (FsckFileRow row) => row.ToFile(),
            cancellationToken);

    public Task<IReadOnlyList<FsckStranger>> StrangersAmongAsync(
        IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken) =>
        ListAsync(
            FsckQueries.Strangers,
            new
            {
                Ids = files.Select(file => file.Unique).ToArray(),
                Kinds = files.Select(file => (short)file.Kind).ToArray(),
                Incarnations = files.Select(file => file.Incarnation).ToArray(),
            },
            (FsckStrangerRow row) => row.ToStranger(),
            cancellationToken);

    public Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            (connection, token) => connection.ExecuteAsync(
                new CommandDefinition(
                    ExtentQueries.LiftQuarantine, new { Incarnation = (long?)null, Id = id.Value }, cancellationToken: token)),
            cancellationToken);

    private static object Page(FsckKey? key, int limit) => new { Upload = key?.Upload.Value, Start = key?.Start ?? 0, Limit = limit };

    private Task<IReadOnlyList<T>> ListAsync<TRow,
        T>(string query, object parameters, Func<TRow, T> map, CancellationToken cancellationToken) =>
        _calls.RunAsync<IReadOnlyList<T>>(
            async (connection, token) =>
            {
                // No timeout: a walk over the whole ledger may take long.
                var rows = await connection.QueryAsync<TRow>(
                    new CommandDefinition(query, parameters, commandTimeout: 0, cancellationToken: token));
                return [.. rows.Select(map)];
            },
            cancellationToken);
}
