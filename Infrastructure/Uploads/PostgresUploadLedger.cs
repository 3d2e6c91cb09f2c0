using System.Data.Common;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// The ledger in PostgreSQL. Every change is a function in <c>db/</c>, called in one round trip and safe to repeat. Hot writes go through
/// the <see cref="RecordQueue"/>, everything else through <see cref="LedgerCalls"/>.
/// </summary>
internal sealed partial class PostgresUploadLedger(
    LedgerCalls calls, RecordQueue queue, Incarnation incarnation, ILogger<PostgresUploadLedger> log)
    : IIncarnationLedger, IUploadLedger, IChunkLedger, IStreamLedger, IContentLedger, IBackgroundLedger, IReclaimLedger
{
    private readonly RecentStreams _recent = new(TimeProvider.System);
    private readonly RecentSessions _sessions = new(TimeProvider.System);
    private readonly RecordKind<NewUpload> _creations = new(1, uploads => CreationCall(incarnation, uploads));
    private readonly RecordKind<StreamCheckpoint> _streams = new(2, streams => StreamCall(incarnation, streams));

    static PostgresUploadLedger() => LedgerRows.Prepare();

    private static CommandDefinition Command(string text, object parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<IReadOnlyList<TOut>> ListAsync<TRow,
        TOut>(string text, object parameters, Func<TRow, TOut> convert, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<TOut>>(
            async (connection, token) => (await connection.QueryAsync<TRow>(Command(text, parameters, token))).Select(convert).ToList(),
            cancellationToken);

    private Task<T?> ScalarAsync<T>(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync((connection, token) => connection.ExecuteScalarAsync<T>(Command(text, parameters, token)), cancellationToken);

    private Task<int> ExecuteAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync((connection, token) => connection.ExecuteAsync(Command(text, parameters, token)), cancellationToken);

    /// <summary>
    /// Runs a change other than new bytes, and drops the cached state of the upload twice. Before the change, so that a checkpoint in
    /// flight caches nothing. After it, because another checkpoint may have begun meanwhile and been recorded first.
    /// </summary>
    private async Task<T> ForgettingAsync<T>(UploadId id, Func<Task<T>> change)
    {
        Forget(id);
        try
        {
            return await change();
        }
        finally
        {
            Forget(id);
        }
    }

    private void Forget(UploadId id)
    {
        _recent.Forget(id);
        _sessions.Forget(id);
    }

    /// <summary>Calls a function that answers with an outcome and the upload.</summary>
    private async Task<Result<Upload>> DecideAsync(string text, object parameters, CancellationToken cancellationToken)
    {
        var (answer, _) = await calls.RunAsync(
            (connection, repeated, token) => AskAsync(connection, text, parameters, repeated, token), cancellationToken);
        return answer.Outcome == "ok" ? answer.Row! : LedgerRefusals.Of(answer);
    }

    /// <param name="repeated">Whether an earlier try may have committed; returned as it is.</param>
    private static async Task<(LedgerAnswer<Upload> Answer, bool Repeated)> AskAsync(
        NpgsqlConnection connection, string text, object parameters, bool repeated, CancellationToken cancellationToken)
    {
        await using var reader = await connection.ExecuteReaderAsync(Command(text, parameters, cancellationToken));
        await reader.ReadAsync(cancellationToken);
        var answer = ReadAnswer(reader);
        await reader.NextResultAsync(cancellationToken);
        return (answer, repeated);
    }

    private static RecordResult ReadResult(DbDataReader reader)
    {
        var answer = ReadAnswer(reader);
        return LedgerRefusals.IsLimit(answer.Outcome)
            ? new RecordResult(RecordOutcome.OverLimit, answer.Row) { Failure = LedgerRefusals.Of(answer) }
            : new RecordResult(LedgerEnumNames.Outcome(answer.Outcome), answer.Row);
    }

    private static LedgerAnswer<Upload> ReadAnswer(DbDataReader reader) =>
        LedgerAnswer<Upload>.Read(reader, row => LedgerRows.Part<UploadRow>(row, 1)?.ToUpload());
}
