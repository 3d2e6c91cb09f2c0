using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<IReadOnlyList<Upload>> OldestCheckedAsync(TimeSpan notWithin, int limit, CancellationToken cancellationToken) =>
        ListAsync(ExtentQueries.OldestChecked, new { Incarnation = incarnation.Id, NotWithin = notWithin, Limit = limit },
            (UploadRow row) => row.ToUpload(),
            cancellationToken);

    public Task<bool> IsElsewhereAsync(UploadId id, CancellationToken cancellationToken) =>
        ScalarAsync<bool>(ExtentQueries.IsElsewhere, new { Incarnation = incarnation.Id, Id = id.Value }, cancellationToken);

    public Task<IReadOnlyList<Extent>> FirstElsewhereAsync(UploadId id, ByteRange range, CancellationToken cancellationToken) =>
        ListAsync(
            ExtentQueries.FirstElsewhere, new { Incarnation = incarnation.Id, Id = id.Value, From = range.Offset, Stop = range.End },
            (ExtentRow row) => row.ToExtent(), cancellationToken);

    public Task MarkCheckedAsync(UploadId id, CancellationToken cancellationToken) =>
        ExecuteAsync(ExtentQueries.MarkChecked, new { Incarnation = incarnation.Id, Id = id.Value }, cancellationToken);

    public Task<IReadOnlyList<Extent>> UnflushedAsync(UploadId id, int limit, CancellationToken cancellationToken) =>
        ListAsync(ExtentQueries.Unflushed, new { Id = id.Value, Limit = limit }, (ExtentRow row) => row.ToExtent(), cancellationToken);

    public Task MarkFlushedAsync(UploadId id, IReadOnlyCollection<Extent> extents, CancellationToken cancellationToken) =>
        ExecuteAsync(
            ExtentQueries.MarkFlushed,
            new
            {
                Incarnation = incarnation.Id,
                Id = id.Value,
                Starts = extents.Select(extent => extent.Range.Offset).ToArray(),
                Lengths = extents.Select(extent => extent.Range.Length).ToArray(),
                Files = extents.Select(extent => extent.File.Unique).ToArray(),
            },
            cancellationToken);

    public Task MarkDamagedAsync(UploadId id, string reason, CancellationToken cancellationToken) =>
        ForgettingAsync(id, () => ExecuteAsync(
            ExtentQueries.MarkDamaged, new { Incarnation = incarnation.Id, Id = id.Value, Reason = reason }, cancellationToken));

    public Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken) =>
        ExecuteAsync(ExtentQueries.LiftQuarantine, new { Incarnation = (long?)incarnation.Id, Id = id.Value }, cancellationToken);

    public Task<IReadOnlyList<Extent>> DoubtfulAsync(UploadId id, int limit, CancellationToken cancellationToken) =>
        ListAsync(ExtentQueries.Doubtful, new { Incarnation = incarnation.Id, Id = id.Value, Limit = limit }, (ExtentRow row) =>
            row.ToExtent(), cancellationToken);

    public Task SettleDoubtAsync(
        UploadId id, IReadOnlyCollection<Extent> good, IReadOnlyCollection<Extent> bad, CancellationToken cancellationToken) =>
        ForgettingAsync(id, () => ExecuteAsync(
            ExtentQueries.SettleDoubt,
            new
            {
                Reason = StateReasons.BytesLost,
                Incarnation = incarnation.Id,
                Id = id.Value,
                Good = good.Select(extent => extent.Range.Offset).ToArray(),
                GoodFiles = good.Select(extent => extent.File.Unique).ToArray(),
                Bad = bad.Select(extent => extent.Range.Offset).ToArray(),
                BadFiles = bad.Select(extent => extent.File.Unique).ToArray(),
            },
            cancellationToken));
}
