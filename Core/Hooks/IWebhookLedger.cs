using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Hooks;

/// <summary>Stores the webhooks of the tenants.</summary>
public interface IWebhookLedger
{
    /// <returns>False if the tenant has as many as it may have.</returns>
    Task<bool> AddAsync(Webhook webhook, byte[] secret, int most, CancellationToken cancellationToken);

    Task<Webhook?> FindAsync(string tenant, Guid id, CancellationToken cancellationToken);

    /// <summary>The oldest first.</summary>
    Task<IReadOnlyList<Webhook>> ListAsync(string tenant, CancellationToken cancellationToken);

    /// <summary>Changes title, address, kinds and whether it is enabled. An enabled one is not paused any more.</summary>
    Task<bool> ChangeAsync(Webhook webhook, CancellationToken cancellationToken);

    Task<bool> SetSecretAsync(string tenant, Guid id, byte[] secret, CancellationToken cancellationToken);

    /// <summary>Removes it with its deliveries.</summary>
    Task<bool> RemoveAsync(string tenant, Guid id, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    /// <param name="before">Only those with a smaller number.</param>
    Task<IReadOnlyList<Delivery>> DeliveriesAsync(
        Guid webhook, DeliveryState? state, long? before, int limit, CancellationToken cancellationToken);

    /// <summary>Has a delivery sent again, as if for the first time.</summary>
    Task<Delivery?> ReplayAsync(Guid webhook, Guid delivery, CancellationToken cancellationToken);

    /// <summary>Has a test sent, whether the webhook is enabled or not.</summary>
    Task<Delivery> TestAsync(Webhook webhook, string json, CancellationToken cancellationToken);
}

/// <summary>The ledger of deliveries, for those who send them.</summary>
public interface IDeliveryLedger
{
    /// <summary>Reads the next events, and makes deliveries and items of work of them.</summary>
    /// <returns>How many events were read.</returns>
    Task<int> QueueAsync(int limit, CancellationToken cancellationToken);

    /// <summary>A delivery that waits, and its webhook; null if it does not wait any more.</summary>
    Task<DueDelivery?> FindAsync(Guid delivery, CancellationToken cancellationToken);

    /// <summary>Records how an attempt ended, and ends its lease.</summary>
    /// <param name="pause">Until the next attempt; null if there is none.</param>
    Task RecordAsync(WorkItem item, HookAnswer answer, TimeSpan? pause, TimeSpan pauseAfter, CancellationToken cancellationToken);

    /// <summary>The active webhooks that asked for progress.</summary>
    Task<IReadOnlyList<WebhookTarget>> ProgressTargetsAsync(CancellationToken cancellationToken);

    /// <summary>The progress of these uploads as webhooks get it, in JSON.</summary>
    Task<IReadOnlyList<string>> ProgressAsync(IReadOnlyList<Guid> uploads, CancellationToken cancellationToken);
}

public sealed record DueDelivery(WebhookTarget Target, Delivery Delivery);
