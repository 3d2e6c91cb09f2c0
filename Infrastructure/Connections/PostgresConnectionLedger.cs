using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Infrastructure.Audit;
using Dapper;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Infrastructure.Connections;

/// <summary>Connections in PostgreSQL. Every statement may be repeated. Secrets are encrypted with the same keys as cookies.</summary>
internal sealed class PostgresConnectionLedger(LedgerCalls calls, IDataProtectionProvider protection) : IConnectionLedger
{
    // The limit is checked without a lock: two requests at the same time may exceed it by one.
    private const string Add = $"""
        with added as (
            insert into connections (
                id, tenant, subject, kind, title, account, account_id, secret, settings, used_bytes, total_bytes, checked_at)
            select @Id, @Tenant, @Subject, @Kind, @Title, @Account, @AccountId, @Secret, @Settings::jsonb, @UsedBytes, @TotalBytes, now()
            where (select count(*) from connections o where o.tenant = @Tenant and o.subject = @Subject and o.id <> @Id) < @Most
            on conflict do nothing returning id
        ), keyed as (
            select set_work_key('connection:' || id, @AtOnce) from added
        ), noted as (select {ActParameters.Noted} from added)
        select (exists (select from noted) and exists (select from keyed)) or exists (select from connections o where o.id = @Id)
        """;

    private const string Columns = """
        c.id, c.tenant, c.subject, c.kind, c.title, c.account, c.account_id, c.state, c.state_at, c.error, c.error_at, c.used_bytes,
        c.total_bytes, c.checked_at, c.made_at, c.mailed, c.settings, c.secret_epoch,
        (select count(*)::int from transfers t where (t.source = c.id or t.destination = c.id) and t.ended_at is null) as transfers
        """;

    private const string Find =
        $"select {Columns} from connections c where c.id = @Id and c.tenant = @Tenant and c.subject = @Subject";

    private const string Get = $"select {Columns} from connections c where c.id = @Id";

    private const string List =
        $"select {Columns} from connections c where c.tenant = @Tenant and c.subject = @Subject order by c.made_at, c.id";

    private const string SharesAccount =
        "select exists (select from connections where kind = @Kind and account_id = @AccountId and id <> @Id)";

    private const string Rename = $"""
        with changed as (
            update connections set title = @Title where id = @Id and tenant = @Tenant and subject = @Subject returning 1
        )
        select {ActParameters.Noted} from changed
        """;

    private const string Remove = $"""
        with gone as (select id from connections where id = @Id and tenant = @Tenant and subject = @Subject for update)
        select {ActParameters.Noted}, remove_connections(array[id]) from gone
        """;

    private const string Secret = "select secret, secret_epoch as epoch from connections where id = @Id";

    private const string Refresh = """
        with refreshed as (
            update connections set secret = @Secret, secret_epoch = secret_epoch + 1, refreshing_until = null
            where id = @Id and secret_epoch = @Epoch returning 1
        )
        select exists (select from refreshed)
               or exists (select from connections where id = @Id and secret_epoch = @Epoch + 1 and secret = @Secret)
        """;

    private const string LeaseRefresh = """
        with leased as (
            update connections set refreshing_until = clock_timestamp() + @Lease
            where id = @Id and coalesce(refreshing_until, '-infinity') < clock_timestamp() returning 1
        )
        select exists (select from leased)
        """;

    private const string EndRefresh = "update connections set refreshing_until = null where id = @Id";

    private const string Renew = $"""
        with renewed as (
            update connections set secret = @Secret, secret_epoch = secret_epoch + 1
            where id = @Id and tenant = @Tenant and subject = @Subject returning id
        )
        select {ActParameters.Noted}, set_connection_state(id, 'ready', null) from renewed
        """;

    private const string SetState = "select set_connection_state(@Id, @State, @Error)";

    private const string Checked = """
        update connections
        set account = coalesce(@Name, account), account_id = coalesce(@AccountId, account_id), used_bytes = @UsedBytes,
            total_bytes = @TotalBytes, checked_at = now()
        where id = @Id
        """;

    private const string CountTransfers =
        "select count(*)::int from transfers t where (t.source = @Id or t.destination = @Id) and t.ended_at is null";

    private const string Hold = "select hold_connection(@Id, @Pause, @Wait, @Reason)";

    /// <summary>The maximum number of files of a connection that are copied at the same time.</summary>
    private const int AtOnce = 4;

    private readonly IDataProtector _protector = protection.CreateProtector("ChunkUpload.Connections");

    public Task<bool> AddAsync(Connection connection, ConnectionSecret secret, int most, CancellationToken cancellationToken) =>
        AskAsync<bool>(
            Add,
            ActParameters.Of(
                new
                {
                    connection.Id,
                    connection.Tenant,
                    connection.Subject,
                    connection.Kind,
                    connection.Title,
                    connection.Account,
                    connection.AccountId,
                    connection.UsedBytes,
                    connection.TotalBytes,
                    Secret = Protected(secret),
                    Settings = JsonSerializer.Serialize(connection.Settings),
                    Most = most,
                    AtOnce,
                },
                "connection.added", Target(connection.Id),
                ActParameters.Json(("kind", connection.Kind), ("title", connection.Title), ("account", connection.Account)),
                connection.Tenant),
            cancellationToken);

    public async Task<Connection?> FindAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<ConnectionRow>(Find, new { Id = id, Tenant = tenant, Subject = subject }, cancellationToken))
            .SingleOrDefault()?.ToConnection();

    public async Task<Connection?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<ConnectionRow>(Get, new { Id = id }, cancellationToken)).SingleOrDefault()?.ToConnection();

    public async Task<IReadOnlyList<Connection>> ListAsync(string tenant, string subject, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<ConnectionRow>(List, new { Tenant = tenant, Subject = subject }, cancellationToken))
            .Select(row => row.ToConnection())];

    public async Task<bool> SharesAccountAsync(Connection connection, CancellationToken cancellationToken) =>
        connection.AccountId is not null && await AskAsync<bool>(
            SharesAccount, new { connection.Kind, connection.AccountId, connection.Id }, cancellationToken);

    public Task<bool> RenameAsync(string tenant, string subject, Guid id, string title, CancellationToken cancellationToken) =>
        HasRowAsync(
            Rename,
            ActParameters.Of(
                new { Id = id, Tenant = tenant, Subject = subject, Title = title }, "connection.renamed", Target(id),
                ActParameters.Json(("title", title)), tenant),
            cancellationToken);

    public Task<bool> RemoveAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken) => HasRowAsync(
        Remove,
        ActParameters.Of(new { Id = id, Tenant = tenant, Subject = subject }, "connection.removed", Target(id), tenant: tenant),
        cancellationToken);

    public async Task<HeldSecret?> SecretAsync(Guid id, CancellationToken cancellationToken)
    {
        if ((await QueryAsync<SecretRow>(Secret, new { Id = id }, cancellationToken)).SingleOrDefault() is not { } row)
            return null;
        try
        {
            var text = Encoding.UTF8.GetString(_protector.Unprotect(Convert.FromBase64String(row.Secret)));
            return JsonSerializer.Deserialize<ConnectionSecret>(text) is { } secret ? new HeldSecret(secret, row.Epoch) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    // If the response is lost, the lease of the first attempt must expire.
    public Task<bool> LeaseRefreshAsync(Guid id, TimeSpan lease, CancellationToken cancellationToken) =>
        AskAsync<bool>(LeaseRefresh, new { Id = id, Lease = lease }, cancellationToken);

    public Task EndRefreshAsync(Guid id, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(new CommandDefinition(EndRefresh, new { Id = id }, cancellationToken: stop)),
        cancellationToken);

    public Task<bool> RefreshAsync(Guid id, long epoch, ConnectionSecret secret, CancellationToken cancellationToken) =>
        AskAsync<bool>(Refresh, new { Id = id, Epoch = epoch, Secret = Protected(secret) }, cancellationToken);

    public Task<bool> RenewAsync(
        string tenant, string subject, Guid id, ConnectionSecret secret, CancellationToken cancellationToken) => HasRowAsync(
            Renew,
            ActParameters.Of(
                new { Id = id, Tenant = tenant, Subject = subject, Secret = Protected(secret) }, "connection.renewed", Target(id),
                tenant: tenant),
            cancellationToken);

    public Task SetStateAsync(Guid id, ConnectionState state, string? error, CancellationToken cancellationToken) =>
        AskAsync<bool>(SetState, new { Id = id, State = Words.Of(state), Error = error }, cancellationToken);

    public Task CheckedAsync(Guid id, StorageAccount account, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(new CommandDefinition(
            Checked,
            new { Id = id, account.Name, AccountId = account.Id, account.UsedBytes, account.TotalBytes },
            cancellationToken: stop)),
        cancellationToken);

    public Task HoldAsync(Guid id, TimeSpan pause, StorageFault fault, CancellationToken cancellationToken)
    {
        var wait = Words.Of(fault.Kind == FaultKind.DailyLimit ? WaitReason.DailyLimit : WaitReason.RateLimit);
        return calls.RunAsync(
            (connection, stop) => connection.ExecuteAsync(new CommandDefinition(
                Hold, new { Id = id, Pause = pause, Wait = wait, Reason = fault.Sentence }, cancellationToken: stop)),
            cancellationToken);
    }

    /// <summary>Returns the number of unfinished transfers that use a connection, which need not be stored.</summary>
    public Task<int> CountTransfersAsync(Guid id, CancellationToken cancellationToken) =>
        AskAsync<int>(CountTransfers, new { Id = id }, cancellationToken);

    private static string Target(Guid id) => id.ToString("n");

    private string Protected(ConnectionSecret secret) =>
        Convert.ToBase64String(_protector.Protect(JsonSerializer.SerializeToUtf8Bytes(secret)));

    private Task<T> AskAsync<T>(string text, object parameters, CancellationToken cancellationToken)
        where T : struct => calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<T>(new CommandDefinition(text, parameters, cancellationToken: stop)),
            cancellationToken);

    private Task<bool> HasRowAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
            (await connection.QueryAsync<object>(new CommandDefinition(text, parameters, cancellationToken: stop))).Any(),
        cancellationToken);

    private Task<IReadOnlyList<T>> QueryAsync<T>(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<T>>(
            async (connection, stop) =>
                [.. await connection.QueryAsync<T>(new CommandDefinition(text, parameters, cancellationToken: stop))],
            cancellationToken);

    private sealed class SecretRow
    {
        public string Secret { get; set; } = "";
        public long Epoch { get; set; }
    }
}
