using ChunkUpload.Core.Moving;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger : IMovingLedger
{
    public async Task<Upload?> NextSpreadAsync(Guid store, CancellationToken cancellationToken) =>
        (await ListAsync(
            ExtentQueries.NextSpread, new { Incarnation = incarnation.Id, Store = store }, (UploadRow row) => row.ToUpload(),
            cancellationToken)) is [var next] ? next : null;

    public Task<IReadOnlyList<Upload>> NextForTierAsync(TimeSpan age, Upload? last, int limit, CancellationToken cancellationToken) =>
        ListAsync(
            ExtentQueries.NextForTier,
            new
            {
                Incarnation = incarnation.Id,
                Seconds = age.TotalSeconds,
                After = last?.CompletedAt ?? DateTimeOffset.UnixEpoch,
                AfterId = last?.Id.Value ?? Guid.Empty,
                Limit = limit,
            },
            (UploadRow row) => row.ToUpload(), cancellationToken);

    public Task PutOffSpreadAsync(UploadId id, TimeSpan pause, CancellationToken cancellationToken) =>
        ExecuteAsync(ExtentQueries.PutOffSpread, new { Id = id.Value, Seconds = LedgerRows.Seconds(pause) }, cancellationToken);

    public Task EndSpreadAsync(UploadId id, Guid store, CancellationToken cancellationToken) =>
        ExecuteAsync(ExtentQueries.EndSpread, new { Id = id.Value, Store = store }, cancellationToken);

    public Task<bool> MoveContentAsync(UploadId id, StoredFile file, IReadOnlyList<Extent> copied, CancellationToken cancellationToken) =>
        ScalarAsync<bool>(
            ExtentQueries.MoveContent,
            new
            {
                Incarnation = incarnation.Id,
                Id = id.Value,
                File = file.Unique,
                Kind = (short)file.Kind,
                file.Store,
                Starts = copied.Select(extent => extent.Range.Offset).ToArray(),
                Lengths = copied.Select(extent => extent.Range.Length).ToArray(),
                Files = copied.Select(extent => extent.File.Unique).ToArray(),
                Offsets = copied.Select(extent => extent.FileOffset).ToArray(),
            },
            cancellationToken);
}
