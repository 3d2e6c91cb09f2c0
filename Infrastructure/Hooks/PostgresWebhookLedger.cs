using System.Security.Cryptography;
using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Audit;
using Dapper;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Infrastructure.Hooks;

/// <summary>Webhooks in PostgreSQL. Every statement may be repeated. Secrets are encrypted with the same keys as cookies.</summary>
internal sealed partial class PostgresWebhookLedger(LedgerCalls calls, Incarnation incarnation, IDataProtectionProvider protection)
    : IWebhookLedger, IDeliveryLedger
{
    // The limit is checked without a lock: two admins who add a webhook at the same time may exceed it by one.
    private const string Add = $"""
        select start_webhooks();
        with added as (
            insert into webhooks (id, tenant, title, url, format, kinds, secret, made_by)
            select @Id, @Tenant, @Title, @Url, @Format, @Kinds, @Secret, @MadeBy
            where (select count(*) from webhooks o where o.tenant = @Tenant and o.id <> @Id) < @Most
            on conflict do nothing returning 1
        ), noted as (select {ActParameters.Noted} from added)
        select exists (select from noted) or exists (select from webhooks o where o.id = @Id);
        select set_webhook_key(w) from webhooks w where w.id = @Id
        """;

    private const string Find = $"select {WebhookRow.Columns} from webhooks w where w.tenant = @Tenant and w.id = @Id";

    private const string List = $"select {WebhookRow.Columns} from webhooks w where w.tenant = @Tenant order by w.created_at, w.id";

    private const string Change = $"""
        select start_webhooks();
        with changed as (
            update webhooks set title = @Title, url = @Url, kinds = @Kinds, enabled = @Enabled,
                   failing_since = case when @Enabled then null else failing_since end,
                   paused_at = case when @Enabled then null else paused_at end
            where tenant = @Tenant and id = @Id returning 1
        )
        select {ActParameters.Noted} from changed;
        select set_webhook_key(w) from webhooks w where w.tenant = @Tenant and w.id = @Id
        """;

    private const string SetSecret = $"""
        with changed as (update webhooks set secret = @Secret where tenant = @Tenant and id = @Id returning 1)
        select {ActParameters.Noted} from changed
        """;

    private const string Remove = $"""
        with gone as materialized (
            select remove_webhooks(array(select w.id from webhooks w where w.tenant = @Tenant and w.id = @Id))
        )
        select {ActParameters.Noted} from gone
        """;

    private const string Log = $"""
        select {DeliveryRow.Columns} from webhook_deliveries d
        where d.webhook = @Webhook and (@Before::bigint is null or d.number < @Before) and (@State::text is null or d.state = @State)
        order by d.number desc limit @Limit
        """;

    private const string Replay = $"select {DeliveryRow.Columns} from replay_delivery(@Webhook, @Id) d";

    private const string Test = $"""
        with made as (
            insert into webhook_deliveries (webhook, kind, event) values (@Webhook, @Kind, @Json::json) returning *
        ), queued as materialized (
            select count(add_work('delivery', m.id, array['webhook-by-hand:' || m.webhook])) from made m
        )
        select {DeliveryRow.Columns} from made d cross join queued
        """;

    private readonly IDataProtector _protector = protection.CreateProtector("ChunkUpload.Webhooks");

    public Task<bool> AddAsync(Webhook webhook, byte[] secret, int most, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            await using var results = await connection.QueryMultipleAsync(Command(
                Add,
                ActParameters.Of(
                    new
                    {
                        webhook.Id,
                        webhook.Tenant,
                        webhook.Title,
                        webhook.Url,
                        Format = WebhookRow.Word(webhook.Format),
                        Kinds = webhook.Kinds.ToArray(),
                        Secret = Protected(secret),
                        webhook.MadeBy,
                        Most = most,
                    },
                    "webhook.added", Target(webhook.Id), Json(webhook), webhook.Tenant),
                stop));
            _ = await results.ReadAsync<object>();
            return await results.ReadSingleAsync<bool>();
        },
        cancellationToken);

    public Task<Webhook?> FindAsync(string tenant, Guid id, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
            (await connection.QuerySingleOrDefaultAsync<WebhookRow>(Command(Find, new { Tenant = tenant, Id = id }, stop)))?.ToWebhook(),
        cancellationToken);

    public Task<IReadOnlyList<Webhook>> ListAsync(string tenant, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<Webhook>>(
            async (connection, stop) =>
                [.. (await connection.QueryAsync<WebhookRow>(Command(List, new { Tenant = tenant }, stop))).Select(row => row.ToWebhook())],
            cancellationToken);

    public Task<bool> ChangeAsync(Webhook webhook, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            await using var results = await connection.QueryMultipleAsync(Command(
                Change,
                ActParameters.Of(
                    new { webhook.Id, webhook.Tenant, webhook.Title, webhook.Url, Kinds = webhook.Kinds.ToArray(), webhook.Enabled },
                    "webhook.changed", Target(webhook.Id), Json(webhook), webhook.Tenant),
                stop));
            _ = await results.ReadAsync<object>();
            return (await results.ReadAsync<object>()).Any();
        },
        cancellationToken);

    public Task<bool> SetSecretAsync(string tenant, Guid id, byte[] secret, CancellationToken cancellationToken) => HasRowAsync(
        SetSecret,
        ActParameters.Of(
            new { Tenant = tenant, Id = id, Secret = Protected(secret) }, "webhook.secret_changed", Target(id), tenant: tenant),
        cancellationToken);

    public Task<bool> RemoveAsync(string tenant, Guid id, CancellationToken cancellationToken) =>
        HasRowAsync(
            Remove, ActParameters.Of(new { Tenant = tenant, Id = id }, "webhook.removed", Target(id), tenant: tenant), cancellationToken);

    public Task<IReadOnlyList<Delivery>> DeliveriesAsync(
        Guid webhook, DeliveryState? state, long? before, int limit, CancellationToken cancellationToken) => DeliveriesAsync(
            Log,
            new { Webhook = webhook, State = state is { } one ? DeliveryRow.Word(one) : null, Before = before, Limit = limit },
            cancellationToken);

    public async Task<Delivery?> ReplayAsync(Guid webhook, Guid delivery, CancellationToken cancellationToken) =>
        (await DeliveriesAsync(Replay, new { Webhook = webhook, Id = delivery }, cancellationToken)).SingleOrDefault();

    // A repetition after a lost response sends the test twice.
    public async Task<Delivery> TestAsync(Webhook webhook, string json, CancellationToken cancellationToken) => (await DeliveriesAsync(
        Test, new { Webhook = webhook.Id, Kind = WebhookKinds.Test, Json = json }, cancellationToken)).Single();

    private static CommandDefinition Command(string text, object? parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private static string Target(Guid id) => id.ToString("n");

    // Only the host, because the rest of the address may contain a secret.
    private static string Json(Webhook webhook) => ActParameters.Json(
        ("title", webhook.Title), ("host", new Uri(webhook.Url).Authority), ("enabled", webhook.Enabled ? "true" : "false"));

    private string Protected(byte[] secret) => Convert.ToBase64String(_protector.Protect(secret));

    private WebhookTarget TargetOf(WebhookRow row)
    {
        try
        {
            return new WebhookTarget(row.ToWebhook(), _protector.Unprotect(Convert.FromBase64String(row.Secret)));
        }
        catch (CryptographicException)
        {
            return new WebhookTarget(row.ToWebhook(), null);
        }
    }

    private Task<IReadOnlyList<Delivery>> DeliveriesAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<Delivery>>(
            async (connection, stop) =>
                [.. (await connection.QueryAsync<DeliveryRow>(Command(text, parameters, stop))).Select(row => row.ToDelivery())],
            cancellationToken);

    private Task<bool> HasRowAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QueryAsync<object>(Command(text, parameters, stop))).Any(), cancellationToken);
}
