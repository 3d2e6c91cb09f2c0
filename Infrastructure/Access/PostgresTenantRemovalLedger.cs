using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Removes the data of a tenant from PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresTenantRemovalLedger(LedgerCalls calls, Incarnation incarnation) : ITenantRemovalLedger
{
    private const string End = "select ended, has_content from end_tenant(@Incarnation, @Tenant, @Limit, @Reason)";
    private const string Remove = "select remove_tenant(@Incarnation, @Tenant, @Limit)";

    public async Task<IReadOnlyList<PurgedUpload>> EndUploadsAsync(string tenant, int limit, CancellationToken cancellationToken)
    {
        var rows = await calls.RunAsync(
            async (connection, stop) =>
                (await connection.QueryAsync<(Guid? Id, bool? HasContent)>(Command(End, tenant, limit, stop))).AsList(),
            cancellationToken);
        return [.. rows.Where(row => row.Id is not null)
            .Select(row => new PurgedUpload(new UploadId(row.Id!.Value), row.HasContent!.Value))];
    }

    public async Task<bool> TryRemoveAsync(string tenant, int limit, CancellationToken cancellationToken) =>
        await calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<bool?>(Command(Remove, tenant, limit, stop)), cancellationToken)
        ?? throw new ProcessReplacedException();

    private CommandDefinition Command(string text, string tenant, int limit, CancellationToken cancellationToken) =>
        new(
            text, new { Incarnation = incarnation.Id, Tenant = tenant, Limit = limit, Reason = StateReasons.TenantRemoved },
            cancellationToken: cancellationToken);
}
