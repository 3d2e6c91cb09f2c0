using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Dapper;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<Upload?> RaiseEpochAsync(Caller caller, UploadId id, long epoch, CancellationToken cancellationToken) =>
        ForgettingAsync(id, () => calls.RunAsync(
            async (connection, token) =>
                (await connection.QuerySingleOrDefaultAsync<UploadRow>(
                    Command(
                        UploadQueries.RaiseEpoch,
                        new { Incarnation = incarnation.Id, caller.Tenant, caller.Owner, Id = id.Value, Epoch = epoch },
                            token)))?.ToUpload(),
            cancellationToken));

    public void ForgetRecent(UploadId id) => Forget(id);

    public Task<StreamInspection> InspectStreamAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        _recent.Take(caller, id) is { } recent ? Task.FromResult(recent) : calls.RunAsync(
            async (connection, token) =>
            {
                await using var reader = await connection.ExecuteReaderAsync(
                    Command(ExtentQueries.InspectStream, new { Id = id.Value, caller.Tenant, caller.Owner, caller.Subject }, token));
                if (!await reader.ReadAsync(token))
                    return new StreamInspection(null, null, null);
                return new StreamInspection(
                    LedgerRows.Part<UploadRow>(reader, 3 + ExtentRow.Columns)!.ToUpload(),
                    reader.IsDBNull(0) ? null : new SavedHash(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)),
                    LedgerRows.Part<ExtentRow>(reader, 3, ExtentRow.Columns)?.ToExtent())
                { Digest = reader.IsDBNull(2) ? null : new Sha256Digest(reader.GetFieldValue<byte[]>(2)) };
            },
            cancellationToken);

    public Task<Result<Upload>> DeclareAsync(
        Caller caller, UploadId id, long epoch, long? size, Sha256Digest? sha256, CancellationToken cancellationToken) =>
        ForgettingAsync(id, () => DecideAsync(
            UploadQueries.Declare,
            new
            {
                Incarnation = incarnation.Id,
                caller.Tenant,
                caller.Owner,
                Id = id.Value,
                Epoch = epoch,
                Size = size,
                Sha256 = sha256?.ToArray(),
            },
            cancellationToken));

    public Task<SavedHash?> SavedHashAsync(UploadId id, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
                await connection.QuerySingleOrDefaultAsync<(long Length, byte[] State)?>(
                    Command(UploadQueries.SavedHash, new { Id = id.Value }, token)) is { } saved
                    ? new SavedHash(saved.Length, saved.State)
                    : null,
            cancellationToken);

    public Task<bool> SaveHashAsync(
        UploadId id, SavedHash hash, Sha256Digest current, long revision, CancellationToken cancellationToken) =>
        ScalarAsync<bool>(
            UploadQueries.SaveHash,
            new
            {
                Mismatch = StateReasons.WrongDigest,
                Incarnation = incarnation.Id,
                Id = id.Value,
                Bytes = hash.Length,
                hash.State,
                Sha256 = current.ToArray(),
                Revision = revision,
            },
            cancellationToken);

    public async Task<RecordResult> CheckpointAsync(StreamCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checkpoint.SegmentStart, checkpoint.FromOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checkpoint.FromOffset, checkpoint.ToOffset);
        ArgumentOutOfRangeException.ThrowIfNotEqual(checkpoint.Hash.Length, checkpoint.ToOffset);
        if (checkpoint.Creates is { } fresh
            && (checkpoint.FromOffset != 0 || checkpoint.Segment.Incarnation != incarnation.Id || fresh.IdempotencyKey is not null))
        {
            throw new ArgumentException("An upload that its first record creates has a segment of its own and no key.", nameof(checkpoint));
        }

        var mark = _recent.Mark(checkpoint.Upload);
        var result = await queue.RecordAsync(
            new QueuedRecord<RecordResult>(checkpoint.Upload, checkpoint.FromOffset, _streams, checkpoint, ReadResult), cancellationToken);
        if (result is { Outcome: RecordOutcome.Recorded, Upload: { State: UploadState.Open } upload }
            && upload.ReceivedBytes == checkpoint.ToOffset)
        {
            var last = new Extent(ByteRange.Between(checkpoint.SegmentStart, checkpoint.ToOffset), checkpoint.Segment, 0, null);
            _recent.Keep(checkpoint.Upload, new StreamInspection(upload, checkpoint.Hash, last), mark);
        }
        else
        {
            _recent.Forget(checkpoint.Upload);
        }

        return result;
    }

    private static NpgsqlBatchCommand StreamCall(Incarnation incarnation, IReadOnlyList<StreamCheckpoint> checkpoints) =>
        LedgerParameters.Call(
            ChunkQueries.RecordStreams,
            LedgerParameters.Big(incarnation.Id),
            LedgerParameters.Rows<NewUploadRow>([.. checkpoints.Where(checkpoint => checkpoint.Creates is not null).Select(Created)]),
            LedgerParameters.Rows<CheckpointRow>([.. checkpoints.Select(CheckpointRow.Of)]));

    /// <summary>The upload that a first checkpoint creates. It is completed if the checkpoint covers all of its bytes.</summary>
    private static NewUploadRow Created(StreamCheckpoint checkpoint)
    {
        var row = NewUploadRow.Of(checkpoint.Creates!);
        return checkpoint.Final && checkpoint.ToOffset == row.Size ? row with { Sha256 = checkpoint.Digest.ToArray() } : row;
    }
}
