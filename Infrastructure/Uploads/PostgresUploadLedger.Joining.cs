using ChunkUpload.Core.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<Result<Upload>> ConcatenateAsync(
        NewUpload upload, IReadOnlyList<UploadId> parts, long maxSize, bool mayWait, CancellationToken cancellationToken) =>
        DecideAsync(
            UploadQueries.Concatenate,
            new
            {
                Incarnation = incarnation.Id,
                upload.Caller.Owner,
                Uploads = LedgerJson.Serialize(NewUploadRow.Of(upload) with { Parts = [.. parts.Select(part => part.Value)] }),
                MaxSize = maxSize,
                MayWait = mayWait,
            },
            cancellationToken);

    public Task<Upload?> JoinAsync(UploadId id, long maxSize, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
                (await connection.QuerySingleOrDefaultAsync<UploadRow>(
                    Command(
                        UploadQueries.Join,
                        new
                        {
                            Incarnation = incarnation.Id,
                            Id = id.Value,
                            MaxSize = maxSize,
                            Gone = StateReasons.PartGone,
                            TooLarge = StateReasons.PartsTooLarge,
                            NoRoom = StateReasons.PartsOverQuota,
                        },
                        token)))?.ToUpload(),
            cancellationToken);

    public async Task<IReadOnlyList<UploadId>> WaitingForAsync(UploadId part, CancellationToken cancellationToken) =>
        await ListAsync(UploadQueries.WaitingFor, new { Part = part.Value }, (Guid id) => new UploadId(id), cancellationToken);
}
