using ChunkUpload.Core.Projects;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>Devices in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresDeviceLedger(LedgerCalls calls) : IDeviceLedger
{
    private const string Register = $"""
        with registered as (
            insert into devices as d (id, tenant, user_id, key, name, platform, version, addresses, fingerprint)
            values (@Id, @Tenant, @User, @Key, @Name, @Platform, @Version, @Addresses, @Fingerprint)
            on conflict (key) do update
            set platform = excluded.platform, version = excluded.version, addresses = excluded.addresses, seen_at = now(),
                fingerprint = coalesce(d.fingerprint, excluded.fingerprint)
            returning *, (xmax = 0) as is_new
        ), noted as (select {ActParameters.Noted} from registered where is_new)
        select {DeviceRow.Columns}, d.is_new as "IsNew", (select count(*) from noted) as "Noted"
        from registered d {DeviceRow.Joins}
        """;

    private const string OfKey = $"select {DeviceRow.Columns} from devices d {DeviceRow.Joins} where d.key = @Key";

    private const string List = $"""
        select {DeviceRow.Columns} from devices d {DeviceRow.Joins}
        where d.tenant = @Tenant and d.user_id = @User order by d.created_at desc, d.id limit 1000
        """;

    private const string Rename = $"""
        with renamed as (
            update devices set name = @Name
            where id = @Id and tenant = @Tenant and user_id = @User and revoked_at is null returning 1
        )
        select {ActParameters.Noted} from renamed
        """;

    private const string Revoke = $"""
        with revoked as (
            update devices set revoked_at = coalesce(revoked_at, now())
            where id = @Id and tenant = @Tenant and user_id = @User returning key
        ), ended as (
            update api_keys k set revoked_at = coalesce(k.revoked_at, now()) from revoked r where k.id = r.key returning 1
        )
        select {ActParameters.Changed}, (select count(*) from ended) from revoked
        """;

    static PostgresDeviceLedger() => LedgerRows.Prepare();

    public async Task<(ProjectDevice Device, bool IsSameKey, bool IsNew)> RegisterAsync(
        ProjectDevice device, CancellationToken cancellationToken)
    {
        var values = new
        {
            device.Id,
            device.Tenant,
            device.User,
            device.Key,
            device.Name,
            device.Platform,
            device.Version,
            Addresses = device.Addresses.ToArray(),
            device.Fingerprint,
        };
        var parameters = ActParameters.Of(
            values, "device.added", $"device:{device.Id:n}", ActParameters.Json(("name", device.Name)), device.Tenant);
        var row = await calls.RunAsync(
            (connection, stop) => connection.QuerySingleAsync<DeviceRow>(
                new CommandDefinition(Register, parameters, cancellationToken: stop)),
            cancellationToken);
        var known = row.ToDevice();
        var isSame = device.Fingerprint is null || known.Fingerprint.AsSpan().SequenceEqual(device.Fingerprint);
        return (known, isSame, row.IsNew);
    }

    public Task<ProjectDevice?> OfKeyAsync(Guid key, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<DeviceRow>(
            new CommandDefinition(OfKey, new { Key = key }, cancellationToken: stop)))?.ToDevice(),
        cancellationToken);

    public Task<IReadOnlyList<ProjectDevice>> ListAsync(string tenant, Guid user, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ProjectDevice>>(
            async (connection, stop) =>
            [
                .. (await connection.QueryAsync<DeviceRow>(
                    new CommandDefinition(List, new { Tenant = tenant, User = user }, cancellationToken: stop)))
                    .Select(row => row.ToDevice()),
            ],
            cancellationToken);

    public Task<bool> RenameAsync(string tenant, Guid user, Guid device, string name, CancellationToken cancellationToken) =>
        HasRowAsync(
            Rename,
            ActParameters.Of(
                new { Id = device, Tenant = tenant, User = user, Name = name }, "device.renamed", $"device:{device:n}",
                ActParameters.Json(("name", name)), tenant),
            cancellationToken);

    public Task<bool> RevokeAsync(string tenant, Guid user, Guid device, CancellationToken cancellationToken) => HasRowAsync(
        Revoke,
        ActParameters.Of(new { Id = device, Tenant = tenant, User = user }, "device.revoked", $"device:{device:n}", null, tenant),
        cancellationToken);

    private Task<bool> HasRowAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
            (await connection.QueryAsync<object>(new CommandDefinition(text, parameters, cancellationToken: stop))).Any(),
        cancellationToken);
}
