using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Dapper;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<Upload?> ClaimStreamAsync(Caller caller, UploadId id, long epoch, CancellationToken cancellationToken) =>
        ForgettingAsync(id, () => calls.RunAsync(
            async (connection, token) =>
                (await connection.QuerySingleOrDefaultAsync<UploadRow>(
                    Command(UploadQueries.ClaimStream, new { Incarnation = incarnation.Id, caller.Tenant, Id = id.Value, Epoch = epoch }, token)))?.ToUpload(),
            cancellationToken));

    public Task<StreamInspection> InspectStreamAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        _recent.Take(caller, id) is { } recent ? Task.FromResult(recent) : calls.RunAsync(
            async (connection, token) =>
            {
                await using var reader = await connection.ExecuteReaderAsync(Command(ExtentQueries.InspectStream, new { Id = id.Value, caller.Tenant }, token));
                if (!await reader.ReadAsync(token))
                    return new StreamInspection(null, null, null);
                return new StreamInspection(
                    LedgerRows.Part<UploadRow>(reader, 3 + ExtentRow.Columns)!.ToUpload(),
                    reader.IsDBNull(0) ? null : new SavedHash(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)),
                    LedgerRows.Part<ExtentRow>(reader, 3, ExtentRow.Columns)?.ToExtent())
                { Digest = reader.IsDBNull(2) ? null : new Sha256Digest(reader.GetFieldValue<byte[]>(2)) };
            },
            cancellationToken);

    public Task<Result<Upload>> DeclareAsync(Caller caller, UploadId id, long epoch, long? size, Sha256Digest? sha256, CancellationToken cancellationToken) =>
        ForgettingAsync(id, () => DecideAsync(
            UploadQueries.Declare,
            new { Incarnation = incarnation.Id, caller.Tenant, Id = id.Value, Epoch = epoch, Size = size, Sha256 = sha256?.ToArray() },
            cancellationToken));

    public Task<SavedHash?> SavedHashAsync(UploadId id, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
                await connection.QuerySingleOrDefaultAsync<(long Length, byte[] State)?>(Command(UploadQueries.SavedHash, new { Id = id.Value }, token)) is { } saved
                    ? new SavedHash(saved.Length, saved.State)
                    : null,
            cancellationToken);

    public Task<bool> SaveHashAsync(UploadId id, SavedHash hash, Sha256Digest current, long revision, CancellationToken cancellationToken) =>
        ScalarAsync<bool>(
            UploadQueries.SaveHash,
            new { Incarnation = incarnation.Id, Id = id.Value, Bytes = hash.Length, hash.State, Sha256 = current.ToArray(), Revision = revision },
            cancellationToken);

    public async Task<RecordAnswer> CheckpointAsync(StreamCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checkpoint.SegmentStart, checkpoint.FromOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checkpoint.FromOffset, checkpoint.ToOffset);
        ArgumentOutOfRangeException.ThrowIfNotEqual(checkpoint.Hash.Length, checkpoint.ToOffset);
        var mark = _recent.Mark(checkpoint.Upload);
        var answer = await queue.RecordAsync(
            new QueuedRecord<RecordAnswer>(
                checkpoint.Upload,
                checkpoint.FromOffset,
                () => checkpoint.Creates is { } fresh ? CreateCommand(fresh, checkpoint) : LedgerParameters.Call(
                    ChunkQueries.Checkpoint,
                    LedgerParameters.Bigs(
                        incarnation.Id, checkpoint.Epoch, checkpoint.FromOffset, checkpoint.ToOffset, (long)checkpoint.Segment.Kind, checkpoint.Segment.Incarnation,
                        checkpoint.SegmentStart),
                    LedgerParameters.Ids(checkpoint.Upload.Value, checkpoint.Segment.Unique),
                    LedgerParameters.Several(checkpoint.Hash.State, checkpoint.Digest.ToArray()),
                    LedgerParameters.Yes(checkpoint.Final)),
                ReadAnswer)
            {
                Together = HasAll(checkpoint)
                    ? (checkpoint.Creates is null ? _completions : _arrivals, checkpoint, now => new RecordAnswer(RecordOutcome.Recorded, now))
                    : null,
            },
            cancellationToken);
        if (answer is { Outcome: RecordOutcome.Recorded, Upload: { State: UploadState.Open } upload } && upload.ReceivedBytes == checkpoint.ToOffset)
        {
            var last = new Extent(ByteRange.Between(checkpoint.SegmentStart, checkpoint.ToOffset), checkpoint.Segment, 0, null);
            _recent.Keep(checkpoint.Upload, new StreamInspection(upload, checkpoint.Hash, last), mark);
        }
        else
        {
            _recent.Forget(checkpoint.Upload);
        }

        return answer;
    }

    /// <summary>The first record of a stream, and the last one.</summary>
    private bool HasAll(StreamCheckpoint checkpoint) =>
        checkpoint is { Final: true, FromOffset: 0, ToOffset: > 0 } && checkpoint.Segment.Incarnation == incarnation.Id
        && (checkpoint.Creates is not { } upload || (upload.Size == checkpoint.ToOffset && upload.DeclaredSha256 is null && upload.IdempotencyKey is null));

    private static NpgsqlBatchCommand SeveralCompletions(Incarnation incarnation, IReadOnlyList<StreamCheckpoint> streams) => LedgerParameters.Call(
        ChunkQueries.CompleteSeveral,
        LedgerParameters.Big(incarnation.Id),
        LedgerParameters.Ids([.. streams.Select(stream => stream.Upload.Value)]),
        LedgerParameters.Bigs([.. streams.Select(stream => stream.Epoch)]),
        LedgerParameters.Bigs([.. streams.Select(stream => stream.ToOffset)]),
        LedgerParameters.Ids([.. streams.Select(stream => stream.Segment.Unique)]),
        LedgerParameters.Small((int)StoredFileKind.Segment),
        LedgerParameters.Several([.. streams.Select(stream => stream.Digest.ToArray())]));

    private static NpgsqlBatchCommand SeveralArrivals(Incarnation incarnation, IReadOnlyList<StreamCheckpoint> streams) => LedgerParameters.Call(
        ChunkQueries.CreateCompleteSeveral,
        [
            LedgerParameters.Big(incarnation.Id),
            .. Columns([.. streams.Select(stream => stream.Creates!)]),
            LedgerParameters.Ids([.. streams.Select(stream => stream.Segment.Unique)]),
            LedgerParameters.Small((int)StoredFileKind.Segment),
            LedgerParameters.Several([.. streams.Select(stream => stream.Digest.ToArray())]),
        ]);

    private NpgsqlBatchCommand CreateCommand(NewUpload upload, StreamCheckpoint checkpoint)
    {
        if (checkpoint.FromOffset != 0 || checkpoint.Segment.Incarnation != incarnation.Id || upload.DeclaredSha256 is not null || upload.IdempotencyKey is not null)
            throw new ArgumentException("An upload that its first record creates has a segment of its own, no declared digest and no key.", nameof(checkpoint));
        return LedgerParameters.Call(
            ChunkQueries.CreateStream,
            LedgerParameters.Bigs(incarnation.Id, Seconds(upload.IdleAllowance), checkpoint.ToOffset, (long)checkpoint.Segment.Kind),
            LedgerParameters.Ids(upload.Id.Value, checkpoint.Segment.Unique),
            LedgerParameters.Texts(
                upload.Caller.Tenant, upload.Caller.Subject, upload.Protocol.Word(), upload.FileName, upload.ContentType,
                JsonSerializer.Serialize(upload.Metadata), JsonSerializer.Serialize(upload.Facts)),
            LedgerParameters.Several(checkpoint.Hash.State, checkpoint.Digest.ToArray()),
            LedgerParameters.Truths(upload.IsPart, upload.Slides, checkpoint.Final),
            LedgerParameters.Big(upload.Size));
    }
}
