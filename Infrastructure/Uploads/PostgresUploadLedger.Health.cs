using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<IReadOnlyList<Upload>> OldestCheckedAsync(TimeSpan notWithin, int limit, CancellationToken cancellationToken) =>
        ListAsync(PieceQueries.OldestChecked, new { NotWithin = notWithin, Limit = limit }, (UploadRow row) => row.ToUpload(), cancellationToken);

    public Task MarkCheckedAsync(UploadId id, CancellationToken cancellationToken) =>
        ExecuteAsync(PieceQueries.MarkChecked, new { Id = id.Value }, cancellationToken);

    public Task<IReadOnlyList<Piece>> UnflushedAsync(UploadId id, int limit, CancellationToken cancellationToken) =>
        ListAsync(PieceQueries.Unflushed, new { Id = id.Value, Limit = limit }, (PieceRow row) => row.ToPiece(), cancellationToken);

    public Task MarkFlushedAsync(UploadId id, IReadOnlyCollection<Piece> pieces, CancellationToken cancellationToken) =>
        ExecuteAsync(
            PieceQueries.MarkFlushed,
            new
            {
                Life = life.Id,
                Id = id.Value,
                Starts = pieces.Select(piece => piece.Range.Offset).ToArray(),
                Lengths = pieces.Select(piece => piece.Range.Length).ToArray(),
                Files = pieces.Select(piece => piece.File.Unique).ToArray(),
            },
            cancellationToken);

    public Task MarkDamagedAsync(UploadId id, string reason, CancellationToken cancellationToken) =>
        ForgettingAsync(id, () => ExecuteAsync(PieceQueries.MarkDamaged, new { Life = life.Id, Id = id.Value, Reason = reason }, cancellationToken));

    public Task<IReadOnlyList<Upload>> QuarantinedAsync(UploadId? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(PieceQueries.Quarantined, new { After = after?.Value, Limit = limit }, (UploadRow row) => row.ToUpload(), cancellationToken);

    public Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken) =>
        ExecuteAsync(PieceQueries.LiftQuarantine, new { Life = (long?)life.Id, Id = id.Value }, cancellationToken);

    public Task<IReadOnlyList<Piece>> DoubtfulAsync(UploadId id, int limit, CancellationToken cancellationToken) =>
        ListAsync(PieceQueries.Doubtful, new { Life = life.Id, Id = id.Value, Limit = limit }, (PieceRow row) => row.ToPiece(), cancellationToken);

    public Task SettleDoubtAsync(UploadId id, IReadOnlyCollection<Piece> good, IReadOnlyCollection<Piece> bad, CancellationToken cancellationToken) =>
        ForgettingAsync(id, () => ExecuteAsync(
            PieceQueries.SettleDoubt,
            new
            {
                Life = life.Id,
                Id = id.Value,
                Good = good.Select(piece => piece.Range.Offset).ToArray(),
                GoodFiles = good.Select(piece => piece.File.Unique).ToArray(),
                Bad = bad.Select(piece => piece.Range.Offset).ToArray(),
                BadFiles = bad.Select(piece => piece.File.Unique).ToArray(),
            },
            cancellationToken));
}
