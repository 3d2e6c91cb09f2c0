namespace ChunkUpload.Core.Hooks;

public enum WebhookFormat
{
    /// <summary>The service's own, signed as the Standard Webhooks specification says.</summary>
    Json = 1,

    /// <summary>The requests that tusd sends to its hooks, signed too.</summary>
    Tusd,
}

/// <summary>An address to which the events of a tenant, or of the service itself, are sent.</summary>
/// <param name="Tenant">Empty: it is the service's own.</param>
/// <param name="Kinds">The events that it gets; empty: all but progress.</param>
/// <param name="FailingSince">The first failure after the last success.</param>
/// <param name="PausedAt">When it had failed for too long: it gets nothing until it is enabled again.</param>
public sealed record Webhook(
    Guid Id, string Tenant, string Title, string Url, WebhookFormat Format, IReadOnlyList<string> Kinds, bool Enabled, string MadeBy,
    DateTimeOffset CreatedAt, DateTimeOffset? FailingSince, DateTimeOffset? PausedAt)
{
    public bool IsOfService => Tenant.Length == 0;

    /// <summary>The events that it may ask for.</summary>
    public IReadOnlyList<string> Offered => IsOfService ? WebhookKinds.OfService : WebhookKinds.All;
}

public enum DeliveryState
{
    Waiting = 1,
    Delivered,

    /// <summary>It is not tried again by itself.</summary>
    Failed,
}

/// <summary>One event for one webhook, with the result of the last attempt.</summary>
/// <param name="Number">Orders deliveries by age.</param>
/// <param name="Event">JSON, as the ledger made it.</param>
/// <param name="NextAt">Of a waiting one: when it is tried next.</param>
/// <param name="Answer">The beginning of the answer's body.</param>
public sealed record Delivery(
    Guid Id, long Number, string Kind, string Event, DeliveryState State, int Attempts, DateTimeOffset MadeAt, DateTimeOffset NextAt,
    DateTimeOffset? SentAt, TimeSpan? Took, int? Status, string? Answer, string? Error);

/// <param name="Secret">Null if it cannot be read any more, because the keys that protected it are gone.</param>
public sealed record WebhookTarget(Webhook Webhook, byte[]? Secret);
