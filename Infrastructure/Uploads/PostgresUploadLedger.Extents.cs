using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<IReadOnlyList<Extent>> ExtentsAsync(UploadId id, long from, int limit, CancellationToken cancellationToken) =>
        ListAsync(ExtentQueries.Extents, new { Id = id.Value, From = from, Limit = limit }, (ExtentRow row) => row.ToExtent(),
            cancellationToken);

    public async Task<MergeBatch> UnplacedAsync(UploadId id, long maxBytes, int maxCount, CancellationToken cancellationToken)
    {
        var rows = await ListAsync(
            ExtentQueries.Unplaced,
            new { Incarnation = incarnation.Id, Id = id.Value, MaxBytes = maxBytes, MaxCount = maxCount },
            (UnplacedRow row) => row,
            cancellationToken);
        return new MergeBatch([.. rows.Select(row => row.ToExtent())], rows.Count == 0 ? null : rows[0].ToAssembly());
    }

    public Task<bool> SetAssemblyAsync(UploadId id, StoredFile assembly, CancellationToken cancellationToken) =>
        ScalarAsync<bool>(
            ExtentQueries.SetAssembly,
            new
            {
                Incarnation = incarnation.Id,
                Id = id.Value,
                File = assembly.Unique,
                Kind = (short)assembly.Kind,
                FileIncarnation =
                assembly.Incarnation
            },
            cancellationToken);

    public Task<IReadOnlyList<StoredFile>> PlaceAsync(
        UploadId id, StoredFile assembly, IReadOnlyList<Extent> copied, CancellationToken cancellationToken) =>
        ListAsync(
            ExtentQueries.Place,
            new
            {
                Incarnation = incarnation.Id,
                Id = id.Value,
                Assembly = assembly.Unique,
                Starts = copied.Select(extent => extent.Range.Offset).ToArray(),
                Lengths = copied.Select(extent => extent.Range.Length).ToArray(),
                Files = copied.Select(extent => extent.File.Unique).ToArray(),
                Offsets = copied.Select(extent => extent.FileOffset).ToArray(),
            },
            (FileRow row) => row.ToFile(),
            cancellationToken);

    public Task<IReadOnlyList<UploadId>> PendingAsync(
        UploadId? after, int limit, bool undeclared, CancellationToken cancellationToken) =>
        ListAsync(
            ExtentQueries.Pending,
            new { After = after?.Value ?? Guid.Empty, Limit = limit, Undeclared = undeclared, Incarnation = incarnation.Id },
            (Guid id) => new UploadId(id),
            cancellationToken);
}
