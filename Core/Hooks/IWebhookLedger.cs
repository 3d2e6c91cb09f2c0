using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Hooks;

/// <summary>Stores the webhooks of the tenants.</summary>
public interface IWebhookLedger
{
    /// <returns>False if the tenant has the maximum number of webhooks.</returns>
    Task<bool> AddAsync(Webhook webhook, byte[] secret, int most, CancellationToken cancellationToken);

    Task<Webhook?> FindAsync(string tenant, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns the webhooks of a tenant, the oldest first.</summary>
    Task<IReadOnlyList<Webhook>> ListAsync(string tenant, CancellationToken cancellationToken);

    /// <summary>Changes title, address, kinds and whether it is enabled. Enabling a webhook ends its pause.</summary>
    Task<bool> ChangeAsync(Webhook webhook, CancellationToken cancellationToken);

    Task<bool> SetSecretAsync(string tenant, Guid id, byte[] secret, CancellationToken cancellationToken);

    /// <summary>Removes it with its deliveries.</summary>
    Task<bool> RemoveAsync(string tenant, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns deliveries, the newest first.</summary>
    /// <param name="before">Only those with a smaller number.</param>
    Task<IReadOnlyList<Delivery>> DeliveriesAsync(
        Guid webhook, DeliveryState? state, long? before, int limit, CancellationToken cancellationToken);

    /// <summary>Queues a delivery to be sent again, with a new series of attempts.</summary>
    Task<Delivery?> ReplayAsync(Guid webhook, Guid delivery, CancellationToken cancellationToken);

    /// <summary>Queues a test delivery, even if the webhook is disabled.</summary>
    Task<Delivery> TestAsync(Webhook webhook, string json, CancellationToken cancellationToken);
}

/// <summary>Stores deliveries for the workers that send them.</summary>
public interface IDeliveryLedger
{
    /// <summary>Reads the next events, and creates deliveries and work items for them.</summary>
    /// <returns>The number of events read.</returns>
    Task<int> QueueAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Returns a waiting delivery and its webhook; null if it is no longer waiting.</summary>
    Task<DueDelivery?> FindAsync(Guid delivery, CancellationToken cancellationToken);

    /// <summary>Records the outcome of an attempt, and ends its lease.</summary>
    /// <param name="pause">The time until the next attempt; null if there is none.</param>
    Task RecordAsync(WorkItem item, HookAnswer answer, TimeSpan? pause, TimeSpan pauseAfter, CancellationToken cancellationToken);

    /// <summary>Returns the active webhooks that are subscribed to progress.</summary>
    Task<IReadOnlyList<WebhookTarget>> ProgressTargetsAsync(CancellationToken cancellationToken);

    /// <summary>Returns the progress of these uploads as JSON for webhooks.</summary>
    Task<IReadOnlyList<string>> ProgressAsync(IReadOnlyList<Guid> uploads, CancellationToken cancellationToken);
}

public sealed record DueDelivery(WebhookTarget Target, Delivery Delivery);
