using ChunkUpload.Core.Access;
using Dapper;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public Task<Result<Upload>> PauseAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        SetPausedAsync(caller, id, true, cancellationToken);

    public Task<Result<Upload>> ResumeAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        SetPausedAsync(caller, id, false, cancellationToken);

    public Task<Result<Upload>> SetPriorityAsync(
        Caller caller, UploadId id, BandwidthPriority priority, CancellationToken cancellationToken) =>
        ForgettingAsync(
            id, () => DecideAsync(UploadQueries.SetPriority,
                new
                {
                    Incarnation = incarnation.Id,
                    caller.Tenant,
                    caller.Owner,
                    caller.Subject,
                    Id = id.Value,
                    Priority = (short)priority,
                },
                cancellationToken));

    private Task<Result<Upload>> SetPausedAsync(Caller caller, UploadId id, bool paused, CancellationToken cancellationToken) =>
        ForgettingAsync(
            id, () => DecideAsync(UploadQueries.SetPaused,
                new { Incarnation = incarnation.Id, caller.Tenant, caller.Owner, caller.Subject, Id = id.Value, Paused = paused },
                cancellationToken));

    public Task<Result<Upload>> EndAsync(
        Caller caller, UploadId id, UploadState state, string reason, CancellationToken cancellationToken) =>
        EndAsync(caller, id, null, state, reason, cancellationToken);

    public Task<Result<Upload>> EndStreamAsync(
        Caller caller, UploadId id, long epoch, UploadState state, string reason, CancellationToken cancellationToken) =>
        EndAsync(caller, id, epoch, state, reason, cancellationToken);

    private Task<Result<Upload>> EndAsync(
        Caller caller, UploadId id, long? epoch, UploadState state, string reason, CancellationToken cancellationToken)
    {
        if (state is not (UploadState.Cancelled or UploadState.Failed or UploadState.Expired or UploadState.Deleted))
            throw new ArgumentOutOfRangeException(nameof(state), state, "Not a state in which an upload has ended.");
        return ForgettingAsync(id, () => DecideAsync(
            UploadQueries.End,
            new
            {
                Incarnation = incarnation.Id,
                caller.Tenant,
                caller.Owner,
                caller.Subject,
                Id = id.Value,
                Epoch = epoch,
                State = state.Word(),
                Reason = reason,
            },
            cancellationToken));
    }

    public async Task<Result<Upload>> BeginCompleteAsync(
        Caller caller, UploadId id, long? size, Sha256Digest? sha256, CancellationToken cancellationToken)
    {
        var parameters =
            new
            {
                Incarnation = incarnation.Id,
                caller.Tenant,
                caller.Owner,
                caller.Subject,
                Id = id.Value,
                Size = size,
                Sha256 = sha256?.ToArray(),
            };
        var (outcome, missing, upload) = await ForgettingAsync(
            id, () => calls.RunAsync((connection, token) => AskCompleteAsync(connection, parameters, token), cancellationToken));
        return outcome == "ok" ? upload! : LedgerRefusals.Of(outcome, upload) with { Missing = missing };
    }

    private static async Task<(string Outcome, List<ByteRange>? Missing, Upload? Upload)> AskCompleteAsync(
        NpgsqlConnection connection, object parameters, CancellationToken cancellationToken)
    {
        await using var reader = await connection.ExecuteReaderAsync(Command(UploadQueries.BeginComplete, parameters, cancellationToken));
        await reader.ReadAsync(cancellationToken);
        var missing = reader.IsDBNull(1)
            ? null
            : reader.GetFieldValue<long[]>(1).Zip(reader.GetFieldValue<long[]>(2), ByteRange.Between).ToList();
        var answer = (reader.GetString(0), missing, LedgerRows.Part<UploadRow>(reader, 3)?.ToUpload());
        await reader.NextResultAsync(cancellationToken);
        return answer;
    }
}
