using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Hooks;
using FluentValidation;

namespace ChunkUpload.Api.Hooks;

internal sealed record NewWebhookBody
{
    /// <summary>The webhook's purpose, for people.</summary>
    public string? Title { get; init; }

    /// <summary>Where requests are sent.</summary>
    public string? Url { get; init; }

    /// <summary>json (default) or tusd.</summary>
    public string? Format { get; init; }

    /// <summary>The events; all but progress if missing or empty.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>Whether it receives the events of the service itself instead of a tenant's; for operators only.</summary>
    public bool? Service { get; init; }
}

internal sealed class NewWebhookValidator : AbstractValidator<NewWebhookBody>
{
    public NewWebhookValidator(IHookSender sender)
    {
        RuleFor(body => body.Title).MustBeTitle("title", needed: false);
        RuleFor(body => body.Url).MustBeHookUrl(sender, needed: true);
        RuleFor(body => body.Format).Must(format => format is null or "json" or "tusd")
            .OverridePropertyName("format").WithMessage("format must be json or tusd.");
        RuleFor(body => body.Events).MustBeEvents();
        RuleFor(body => body.Events)
            .Must(events => !WebhookRules.AreUnknownToTusd(events))
            .When(body => body.Format == "tusd").OverridePropertyName("events")
            .WithMessage(WebhookRules.UnknownToTusd);
        RuleFor(body => body.Format).Must(format => format != "tusd").When(body => body.Service == true)
            .OverridePropertyName("format").WithMessage("tusd has no hooks for the events of the service; use json.");
    }
}

/// <summary>The fields to change; a missing field stays as it is.</summary>
internal sealed record WebhookChangeBody
{
    public string? Title { get; init; }

    public string? Url { get; init; }

    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>true also resumes a webhook that was paused because it failed.</summary>
    public bool? Enabled { get; init; }
}

internal sealed class WebhookChangeValidator : AbstractValidator<WebhookChangeBody>
{
    public WebhookChangeValidator(IHookSender sender)
    {
        RuleFor(body => body.Title).MustBeTitle("title", needed: false);
        RuleFor(body => body.Url).MustBeHookUrl(sender, needed: false);
        RuleFor(body => body.Events).MustBeEvents();
    }
}

internal static class WebhookRules
{
    public const string UnknownToTusd = "tusd has hooks for created, progress, completed, cancelled and deleted.";

    private const int LongestUrl = 2000;

    public static bool AreUnknownToTusd(IReadOnlyList<string>? events) =>
        events is not null && events.Any(kind => kind is not null && WebhookKinds.TusdName(kind) is null);

    public static void MustBeHookUrl<T>(this IRuleBuilder<T, string?> rule, IHookSender sender, bool needed) =>
        rule.Custom((url, context) =>
        {
            if (url is null && !needed)
                return;
            var fault = url is null or { Length: > LongestUrl }
                ? $"url must be an address of at most {LongestUrl} characters."
                : sender.Fault(url);
            if (fault is not null)
                context.AddFailure("url", fault);
        });

    public static void MustBeEvents<T>(this IRuleBuilder<T, IReadOnlyList<string>?> rule) => rule.Custom((events, context) =>
    {
        if (events is not null && (events.Any(kind => !Known.Contains(kind)) || events.Distinct().Count() < events.Count))
            context.AddFailure("events", Sentence(Known));
    });

    /// <summary>Returns why a webhook cannot receive these events, or null.</summary>
    public static Refusal? Refuse(Webhook webhook) => webhook.Kinds.All(webhook.Offered.Contains)
        ? null
        : Refusal.Of(new RequestFailure(RequestError.InvalidField, Sentence(webhook.Offered))
        {
            Errors = new Dictionary<string, string[]> { ["events"] = [Sentence(webhook.Offered)] },
        });

    private static IReadOnlyList<string> Known { get; } = [.. WebhookKinds.All.Union(WebhookKinds.OfService)];

    private static string Sentence(IReadOnlyList<string> kinds) => $"events may have each of these once: {string.Join(", ", kinds)}.";
}
