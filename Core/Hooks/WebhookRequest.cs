namespace ChunkUpload.Core.Hooks;

/// <summary>One signed request to a webhook.</summary>
internal static class WebhookRequest
{
    /// <summary>Sent because version 1 of tusd names the hook only in this header.</summary>
    public const string HookNameHeader = "Hook-Name";

    public static async Task<HookAnswer> SendAsync(
        IHookSender sender, WebhookOptions options, WebhookTarget target, string id, string kind, string json, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var webhook = target.Webhook;
        if (target.Secret is not { } secret)
        {
            return new HookAnswer(
                null, null, "The secret cannot be read any more, because the keys that protected it are gone. Make a new one.",
                TimeSpan.Zero);
        }

        var body = WebhookMessage.Body(webhook.Format, id, kind, json);
        var headers = WebhookSignature.Headers(secret, id, now, body);
        if (webhook.Format == WebhookFormat.Tusd)
            headers = [.. headers, (HookNameHeader, WebhookKinds.TusdHook(kind))];
        return await sender.SendAsync(
            new HookRequest(new Uri(webhook.Url), body, headers, options.Timeout)
            {
                AllowPrivateNetworks = options.AllowPrivateNetworks,
            },
            cancellationToken);
    }
}
