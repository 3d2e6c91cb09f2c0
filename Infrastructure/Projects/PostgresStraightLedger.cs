using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>The paths of transfers in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresStraightLedger(LedgerCalls calls, Incarnation incarnation) : IStraightLedger
{
    private const string Allow = $"""
        with changed as (
            update tenants set forbids_straight = not @IsAllowed where name = @Of and forbids_straight = @IsAllowed returning 1
        ), told as (
            select tell_source(t, t.status, t.way) from changed join file_transfers t
                on t.tenant = @Of and not @IsAllowed and t.status = 'in_progress' and t.way <> 'relay'
        )
        select {ActParameters.Noted}, (select count(*) from told) from changed
        """;

    private const string SetWay =
        "select set_transfer_way(@Incarnation, @Tenant, @Project, @Id, @Subject, @Attempt, @Way, @Reason, @Room, @From, @To)";

    static PostgresStraightLedger() => LedgerRows.Prepare();

    public Task<bool> IsAllowedAsync(string tenant, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select not forbids_straight from tenants where name = @Tenant", new { Tenant = tenant }, cancellationToken: stop)),
        cancellationToken);

    public Task AllowAsync(Caller caller, bool allow, CancellationToken cancellationToken)
    {
        var parameters = ActParameters.Of(
            new { Of = caller.Tenant, IsAllowed = allow }, allow ? "straight.allowed" : "straight.forbidden", $"tenant:{caller.Tenant}",
            null, caller.Tenant);
        return calls.RunAsync(
            async (connection, stop) =>
                (await connection.QueryAsync<object>(new CommandDefinition(Allow, parameters, cancellationToken: stop))).Any(),
            cancellationToken);
    }

    public async Task<FileTransferOutcome> SetWayAsync(
        FileTransfer transfer, Caller caller, int? attempt, FileWay way, string? reason, IReadOnlyList<ByteRange>? missing, long room,
        CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Incarnation = incarnation.Id,
            caller.Tenant,
            transfer.Project,
            transfer.Id,
            caller.Subject,
            Attempt = attempt,
            Way = FileTransferNames.Of(way),
            Reason = reason,
            Room = room,
            From = missing?.Select(range => range.Offset).ToArray(),
            To = missing?.Select(range => range.End).ToArray(),
        };
        return FileTransferNames.Outcome(await calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<string>(new CommandDefinition(SetWay, parameters, cancellationToken: stop)),
            cancellationToken));
    }
}
