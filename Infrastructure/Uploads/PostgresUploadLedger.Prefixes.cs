using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using Dapper;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<bool> RecordPrefixAsync(UploadId id, Prefix prefix, Prefix? claimed, CancellationToken cancellationToken)
    {
        // From now on, a request with a chunk must read the ledger to find its prefix.
        _sessions.Forget(id);
        return queue.RecordAsync(
            new QueuedRecord<bool>(
                id,
                prefix.Offset,
                RecordKind.Alone,
                () => LedgerParameters.Call(
                    ChunkQueries.RecordPrefix,
                    LedgerParameters.Big(incarnation.Id),
                    LedgerParameters.Id(id.Value),
                    LedgerParameters.Big(prefix.Offset),
                    LedgerParameters.Big(prefix.Length),
                    LedgerParameters.Bytes(prefix.Sha256?.ToArray()),
                    LedgerParameters.Big(prefix.Kept),
                    LedgerParameters.Bytes(prefix.KeptSha256.ToArray()),
                    LedgerParameters.Bytes(prefix.HashState),
                    LedgerParameters.Id(prefix.File.Unique),
                    LedgerParameters.Small((int)prefix.File.Kind),
                    LedgerParameters.Big(prefix.File.Incarnation),
                    LedgerParameters.Big(prefix.Attempt),
                    LedgerParameters.Big(claimed?.Attempt),
                    LedgerParameters.Big(claimed?.Kept),
                    LedgerParameters.Id(prefix.File.Store)),
                reader => reader.GetBoolean(0)),
            cancellationToken);
    }

    public Task<Prefix?> ClaimPrefixAsync(UploadId id, Prefix seen, CancellationToken cancellationToken)
    {
        var parameters =
            new { Incarnation = incarnation.Id, Id = id.Value, Start = seen.Offset, seen.Attempt, seen.Kept, NewAttempt = FreshAttempt() };
        return calls.RunAsync(
            async (connection, token) =>
                (await connection.QuerySingleOrDefaultAsync<PrefixRow>(Command(ChunkQueries.ClaimPrefix, parameters, token)))?.ToPrefix(),
            cancellationToken);
    }

    public Task<IReadOnlyList<StoredFile>> DropPrefixAsync(UploadId id, long offset, long attempt, CancellationToken cancellationToken) =>
        ListAsync(
            ChunkQueries.DropPrefix,
            new { Incarnation = incarnation.Id, Id = id.Value, Start = offset, Attempt = attempt },
            (FileRow row) => row.ToFile(),
            cancellationToken);

    /// <summary>
    /// Returns a random attempt number. A counter could give the number of an earlier attempt to a later one after the prefix was dropped.
    /// </summary>
    private static long FreshAttempt() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue;
}
