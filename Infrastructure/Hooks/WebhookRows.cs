using ChunkUpload.Core.Hooks;

namespace ChunkUpload.Infrastructure.Hooks;

/// <summary>A row of <c>webhooks</c>.</summary>
internal sealed class WebhookRow
{
    public const string Columns =
        "w.id, w.tenant, w.title, w.url, w.format, w.kinds, w.secret, w.enabled, w.made_by, w.created_at, w.failing_since, w.paused_at";

    public Guid Id { get; set; }
    public string Tenant { get; set; } = "";
    public string Title { get; set; } = "";
    public string Url { get; set; } = "";
    public string Format { get; set; } = "";
    public string[] Kinds { get; set; } = [];
    public string Secret { get; set; } = "";
    public bool Enabled { get; set; }
    public string MadeBy { get; set; } = "";
    public DateTime CreatedAt { get; set; }
    public DateTime? FailingSince { get; set; }
    public DateTime? PausedAt { get; set; }

    public static string Word(WebhookFormat format) => format == WebhookFormat.Tusd ? "tusd" : "json";

    public Webhook ToWebhook() => new(
        Id, Tenant, Title, Url, Format == "tusd" ? WebhookFormat.Tusd : WebhookFormat.Json, Kinds, Enabled, MadeBy,
        LedgerRows.Utc(CreatedAt), LedgerRows.Utc(FailingSince), LedgerRows.Utc(PausedAt));
}

/// <summary>A row of <c>webhook_deliveries</c>.</summary>
internal sealed class DeliveryRow
{
    public const string Columns =
        "d.id, d.number, d.kind, d.event, d.state, d.attempts, d.made_at, d.next_at, d.sent_at, d.took_ms, d.status, d.answer, d.error";

    public Guid Id { get; set; }
    public long Number { get; set; }
    public string Kind { get; set; } = "";
    public string Event { get; set; } = "";
    public string State { get; set; } = "";
    public int Attempts { get; set; }
    public DateTime MadeAt { get; set; }
    public DateTime NextAt { get; set; }
    public DateTime? SentAt { get; set; }
    public int? TookMs { get; set; }
    public int? Status { get; set; }
    public string? Answer { get; set; }
    public string? Error { get; set; }

    public static string Word(DeliveryState state) => state.ToString().ToLowerInvariant();

    public Delivery ToDelivery() => new(
        Id, Number, Kind, Event, Enum.Parse<DeliveryState>(State, ignoreCase: true), Attempts, LedgerRows.Utc(MadeAt),
        LedgerRows.Utc(NextAt), LedgerRows.Utc(SentAt), TookMs is { } took ? TimeSpan.FromMilliseconds(took) : null, Status, Answer, Error);
}
