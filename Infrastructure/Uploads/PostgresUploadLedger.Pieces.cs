using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<IReadOnlyList<Piece>> PiecesAsync(UploadId id, long from, int limit, CancellationToken cancellationToken) =>
        ListAsync(PieceQueries.Pieces, new { Id = id.Value, From = from, Limit = limit }, (PieceRow row) => row.ToPiece(), cancellationToken);

    public Task<IReadOnlyList<Piece>> UnplacedAsync(UploadId id, long maxBytes, int maxCount, CancellationToken cancellationToken) =>
        ListAsync(
            PieceQueries.Unplaced,
            new { Id = id.Value, MaxBytes = maxBytes, MaxCount = maxCount },
            (PieceRow row) => row.ToPiece(),
            cancellationToken);

    public Task<bool> SetAssemblyAsync(UploadId id, StoredFile assembly, CancellationToken cancellationToken) =>
        ScalarAsync<bool>(
            PieceQueries.SetAssembly,
            new { Life = life.Id, Id = id.Value, File = assembly.Unique, Kind = (short)assembly.Kind, FileLife = assembly.Life },
            cancellationToken);

    public Task<IReadOnlyList<StoredFile>> PlaceAsync(UploadId id, StoredFile assembly, IReadOnlyList<Piece> copied, CancellationToken cancellationToken) =>
        ListAsync(
            PieceQueries.Place,
            new
            {
                Life = life.Id,
                Id = id.Value,
                Assembly = assembly.Unique,
                Starts = copied.Select(piece => piece.Range.Offset).ToArray(),
                Lengths = copied.Select(piece => piece.Range.Length).ToArray(),
                Files = copied.Select(piece => piece.File.Unique).ToArray(),
                Offsets = copied.Select(piece => piece.FileOffset).ToArray(),
            },
            (FileRow row) => row.ToFile(),
            cancellationToken);

    public Task<IReadOnlyList<PendingWork>> PendingAsync(UploadId? after, int limit, bool undeclared, CancellationToken cancellationToken) =>
        ListAsync(
            PieceQueries.Pending,
            new { After = after?.Value ?? Guid.Empty, Limit = limit, Undeclared = undeclared },
            ((Guid Id, bool Join, bool Merge, bool Hash, bool Reclaim) row) => new PendingWork(new UploadId(row.Id), row.Join, row.Merge, row.Hash, row.Reclaim),
            cancellationToken);
}
