using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public async Task<RecordResult> RecordChunkAsync(NewChunk chunk, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chunk.Range.Offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk.Range.Length);
        if (chunk.Range.Length > long.MaxValue - chunk.Range.Offset)
            return new RecordResult(RecordOutcome.BeyondSize, null);

        var session = _sessions.Of(chunk.Upload);
        var result = await queue.RecordAsync(
            new QueuedRecord<RecordResult>(
                chunk.Upload,
                chunk.Range.Offset,
                RecordKind.Alone,
                () => LedgerParameters.Call(
                    ChunkQueries.Record,
                    LedgerParameters.Big(incarnation.Id),
                    LedgerParameters.Id(chunk.Upload.Value),
                    LedgerParameters.Big(chunk.Range.Offset),
                    LedgerParameters.Big(chunk.Range.Length),
                    LedgerParameters.Bytes(chunk.Sha256.ToArray()),
                    LedgerParameters.Id(chunk.File.Unique),
                    LedgerParameters.Small((int)chunk.File.Kind),
                    LedgerParameters.Big(chunk.File.Incarnation),
                    LedgerParameters.Time(chunk.StartedAt),
                    LedgerParameters.Big(chunk.Attempt),
                    LedgerParameters.Id(chunk.IsShared ? chunk.File.Store : null)),
                ReadResult),
            cancellationToken);
        if (result is { Outcome: RecordOutcome.Recorded, Upload: { State: UploadState.Open } upload })
        {
            if (session is not null)
                _sessions.Add(session, chunk.Range, upload);
        }
        else
        {
            _sessions.Forget(chunk.Upload);
        }

        return result;
    }

    public Task<ChunkInspection> InspectNewChunkAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken) =>
        _sessions.Find(caller, id, range) is { } recent ? Task.FromResult(recent) : InspectChunkAsync(caller, id, range, cancellationToken);

    public Task<ChunkInspection> InspectChunkAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken)
    {
        var parameters = new { Id = id.Value, caller.Tenant, caller.Owner, caller.Subject, Start = range.Offset, Stop = Stop(range) };
        return calls.RunAsync(
            async (connection, token) =>
            {
                await using var reader = await connection.ExecuteReaderAsync(Command(ChunkQueries.Inspect, parameters, token));
                if (!await reader.ReadAsync(token))
                    return new ChunkInspection(null, null, false, null);
                const int prefix = 1 + ChunkRow.Columns;
                const int upload = prefix + PrefixRow.Columns;
                return new ChunkInspection(
                    LedgerRows.Part<UploadRow>(reader, upload)!.ToUpload(),
                    LedgerRows.Part<ChunkRow>(reader, 1, ChunkRow.Columns)?.ToChunk(),
                    reader.GetBoolean(0),
                    LedgerRows.Part<PrefixRow>(reader, prefix, PrefixRow.Columns)?.ToPrefix());
            },
            cancellationToken);
    }

    public async Task<Result<Upload>> ReopenRangeAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken)
    {
        var parameters =
            new
            {
                Incarnation = incarnation.Id,
                caller.Tenant,
                caller.Owner,
                caller.Subject,
                Id = id.Value,
                Start = range.Offset,
                Length = Stop(range) - range.Offset,
            };
        var (answer, repeated) = await ForgettingAsync(id, () => calls.RunAsync(
            (connection, again, token) => AskAsync(connection, ChunkQueries.Reopen, parameters, again, token), cancellationToken));
        // An earlier try committed, and only its reply was lost (E10).
        return answer.Outcome == "ok" || (repeated && answer.Outcome == "no_such_range") ? answer.Row! : LedgerRefusals.Of(answer);
    }

    public Task<IReadOnlyList<ByteRange>> MissingAsync(UploadId id, long from, int limit, CancellationToken cancellationToken) =>
        ListAsync(
            ChunkQueries.Missing,
            new { Id = id.Value, From = from, Limit = limit },
            ((long Lo, long Hi) gap) => ByteRange.Between(gap.Lo, gap.Hi),
            cancellationToken);

    public Task<(long Front, long Revision)> FrontAsync(UploadId id, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, token) =>
                connection.QuerySingleOrDefaultAsync<(long, long)>(Command(ChunkQueries.Front, new { Id = id.Value }, token)),
            cancellationToken);

    public Task<IReadOnlyList<Chunk>> ChunksAsync(UploadId id, long from, int limit, CancellationToken cancellationToken) =>
        ListAsync(ChunkQueries.Chunks, new { Id = id.Value, From = from, Limit = limit }, (ChunkRow row) => row.ToChunk(),
            cancellationToken);

    public async Task<Failures> FailuresAsync(UploadId id, int limit, CancellationToken cancellationToken)
    {
        var rows = await ListAsync(
            ChunkQueries.Failures, new { Id = id.Value, Limit = limit }, static (FailureRow row) => row, cancellationToken);
        return rows.Count == 0
            ? Failures.None
            : new Failures([.. rows.Select(row => row.ToAttempt())], rows[0].AllBytes - rows[0].AllKept, rows[0].AllKept);
    }

    public async Task RecordFailureAsync(UploadId id, FailedAttempt attempt, CancellationToken cancellationToken)
    {
        _sessions.Fail(id);
        var parameters = new
        {
            Incarnation = incarnation.Id,
            Id = id.Value,
            At = attempt.At.ToUniversalTime(),
            attempt.Kind,
            Start = attempt.Offset,
            attempt.Bytes,
            attempt.Kept,
            DurationMs = (long)attempt.Duration.TotalMilliseconds,
        };
        try
        {
            await calls.OnceAsync(
                (connection, token) => connection.ExecuteAsync(Command(ChunkQueries.RecordFailure, parameters, token)), cancellationToken);
        }
        catch (Exception reason) when (reason is not OperationCanceledException)
        {
            // Best effort: a failure here must not change the answer of the failed request.
            log.FailureNotRecorded(id.ToString(), reason.Message);
        }
    }

    /// <summary>The end of a range, limited to the largest number.</summary>
    private static long Stop(ByteRange range) => range.Length > long.MaxValue - range.Offset ? long.MaxValue : range.End;
}
