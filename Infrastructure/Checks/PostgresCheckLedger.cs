using ChunkUpload.Core.Checks;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Checks;

/// <summary>Checks before publishing, in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresCheckLedger(LedgerCalls calls, Incarnation incarnation) : ICheckLedger
{
    private const string SetChecker = "select set_checker(@Incarnation, @Enabled)";

    private const string Settle = "select s.* from settle_check(@Incarnation, @Upload, @Work, @Epoch, @Verdict, @Reason, @Pause) s";

    public Task<long> SetCheckerAsync(bool enabled, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<long>(
            Command(SetChecker, new { Incarnation = incarnation.Id, Enabled = enabled }, stop)),
        cancellationToken);

    public Task<Upload?> SettleAsync(
        UploadId upload, WorkItem item, CheckDecision decision, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<UploadRow>(Command(
            Settle,
            LeaseParameters.Of(incarnation, item, new
            {
                Upload = upload.Value,
                Verdict = decision.Outcome switch
                {
                    CheckOutcome.Accepted => "accept",
                    CheckOutcome.Refused => "refuse",
                    _ => "wait",
                },
                decision.Reason,
                decision.Pause,
            }),
            stop)))?.ToUpload(),
        cancellationToken);

    private static CommandDefinition Command(string text, object parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);
}
