using System.Text.Json;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Hooks;

namespace ChunkUpload.Api.Hooks;

/// <summary>A webhook without its secret.</summary>
internal sealed record WebhookView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","title":"Our shop","url":"https://shop.example.org/uploads","format":"json","events":["completed"],
         "service":false,"enabled":true,"state":"active","failingSince":null,"pausedAt":null,"madeBy":"operator",
         "createdAt":"2026-01-15T09:30:00.000Z"}
        """;

    public const string IssuedExample = $$"""
        {"webhook":{{Example}},"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw9Xr0bXyQ0aE="}
        """;

    public const string NewExample = """
        {"title":"Our shop","url":"https://shop.example.org/uploads","events":["completed"]}
        """;

    public required string Id { get; init; }

    public required string Title { get; init; }

    public required string Url { get; init; }

    /// <summary>json: the service's own format; tusd: the format of tusd's hooks.</summary>
    public required string Format { get; init; }

    /// <summary>The events; empty for all but progress.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>Whether it receives the events of the service itself.</summary>
    public required bool Service { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>
    /// active; failing: the last delivery failed; paused: it failed for days, and new events are not sent to it; disabled.
    /// </summary>
    public required string State { get; init; }

    /// <summary>The first failure after the last success.</summary>
    public required DateTimeOffset? FailingSince { get; init; }

    public required DateTimeOffset? PausedAt { get; init; }

    public required string MadeBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static WebhookView Of(Webhook webhook) => new()
    {
        Id = webhook.Id.ToString("n"),
        Title = webhook.Title,
        Url = webhook.Url,
        Format = Word(webhook.Format),
        Events = webhook.Kinds,
        Service = webhook.IsOfService,
        Enabled = webhook.Enabled,
        State = webhook switch
        {
            { Enabled: false } => "disabled",
            { PausedAt: not null } => "paused",
            { FailingSince: not null } => "failing",
            _ => "active",
        },
        FailingSince = webhook.FailingSince,
        PausedAt = webhook.PausedAt,
        MadeBy = webhook.MadeBy,
        CreatedAt = webhook.CreatedAt,
    };

    public static string Word(WebhookFormat format) => format == WebhookFormat.Tusd ? "tusd" : "json";
}

/// <param name="Secret">The secret that signs requests. It is shown only now.</param>
internal sealed record IssuedWebhookView(WebhookView Webhook, string Secret);

/// <summary>The delivery of one event to one webhook, and its result.</summary>
internal sealed record DeliveryView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","event":"completed","state":"delivered","attempts":1,"madeAt":"2026-01-15T09:30:12.500Z",
         "sentAt":"2026-01-15T09:30:13.100Z","nextAt":null,"tookMs":84,"status":200,"answer":"ok","error":null,"about":{"event":"1-7345-41",
         "at":"2026-01-15T09:30:12.5Z","kind":"completed","owner":"operator","by":"operator","data":{"size":20971520},
         "upload":{"id":"{{Examples.Id}}","protocol":"tus","name":"holiday.mp4","contentType":"video/mp4","size":20971520,
         "received":20971520,"sha256":"{{Examples.Sha256}}","isPart":false,"parts":[],"metadata":{"filename":"holiday.mp4"} } } }
        """;

    /// <summary>The value of the header webhook-id, the same for every attempt.</summary>
    public required string Id { get; init; }

    public required string Event { get; init; }

    /// <summary>waiting, delivered, failed.</summary>
    public required string State { get; init; }

    public required int Attempts { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>When the last attempt was made.</summary>
    public required DateTimeOffset? SentAt { get; init; }

    /// <summary>When the next attempt will be made.</summary>
    public required DateTimeOffset? NextAt { get; init; }

    public required int? TookMs { get; init; }

    /// <summary>The status of the response; null if there was none.</summary>
    public required int? Status { get; init; }

    /// <summary>The beginning of the response body.</summary>
    public required string? Answer { get; init; }

    public required string? Error { get; init; }

    /// <summary>The event.</summary>
    public required JsonElement About { get; init; }

    public static DeliveryView Of(Delivery delivery) => new()
    {
        Id = delivery.Id.ToString("n"),
        Event = delivery.Kind,
        State = delivery.State.ToString().ToLowerInvariant(),
        Attempts = delivery.Attempts,
        MadeAt = delivery.MadeAt,
        SentAt = delivery.SentAt,
        NextAt = delivery.State == DeliveryState.Waiting ? delivery.NextAt : null,
        TookMs = (int?)delivery.Took?.TotalMilliseconds,
        Status = delivery.Status,
        Answer = delivery.Answer,
        Error = delivery.Error,
        About = JsonElement.Parse(delivery.Event),
    };
}
