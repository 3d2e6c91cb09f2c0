namespace ChunkUpload.Core.Hooks;

public enum WebhookFormat
{
    /// <summary>The service's own format, signed according to the Standard Webhooks specification.</summary>
    Json = 1,

    /// <summary>The format of tusd's hooks, also signed.</summary>
    Tusd,
}

/// <summary>An address to which the events of a tenant, or of the service itself, are sent.</summary>
/// <param name="Tenant">Empty for a webhook of the service itself.</param>
/// <param name="Kinds">The events that it receives; empty for all but progress.</param>
/// <param name="FailingSince">The first failure after the last success.</param>
/// <param name="PausedAt">When it was paused because it had failed for too long. It receives nothing until it is enabled again.</param>
public sealed record Webhook(
    Guid Id, string Tenant, string Title, string Url, WebhookFormat Format, IReadOnlyList<string> Kinds, bool Enabled, string MadeBy,
    DateTimeOffset CreatedAt, DateTimeOffset? FailingSince, DateTimeOffset? PausedAt)
{
    public bool IsOfService => Tenant.Length == 0;

    /// <summary>The events to which it can subscribe.</summary>
    public IReadOnlyList<string> Offered => IsOfService ? WebhookKinds.OfService : WebhookKinds.All;
}

public enum DeliveryState
{
    Waiting = 1,
    Delivered,

    /// <summary>It is not retried automatically.</summary>
    Failed,
}

/// <summary>One event for one webhook, with the result of the last attempt.</summary>
/// <param name="Number">Orders deliveries by age.</param>
/// <param name="Event">The event as JSON from the ledger.</param>
/// <param name="NextAt">When a waiting delivery is tried next.</param>
/// <param name="Answer">The beginning of the response body.</param>
public sealed record Delivery(
    Guid Id, long Number, string Kind, string Event, DeliveryState State, int Attempts, DateTimeOffset MadeAt, DateTimeOffset NextAt,
    DateTimeOffset? SentAt, TimeSpan? Took, int? Status, string? Answer, string? Error);

/// <param name="Secret">Null if it can no longer be read, because the keys that protected it are lost.</param>
public sealed record WebhookTarget(Webhook Webhook, byte[]? Secret);
