using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Hooks;
using FluentValidation;

namespace ChunkUpload.Api.Hooks;

/// <summary>GET, PATCH and DELETE of webhooks, and a new secret.</summary>
internal static class ManageWebhooks
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(WebhookRoutes.All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(ListDoc);
        routes.MapGet(WebhookRoutes.One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(GetDoc);
        routes.MapPatch(WebhookRoutes.One, ChangeAsync).RequireAuthorization(AccessPolicy.Admin).Document(ChangeDoc);
        routes.MapDelete(WebhookRoutes.One, RemoveAsync).RequireAuthorization(AccessPolicy.Admin).Document(RemoveDoc);
        routes.MapPost(WebhookRoutes.One + "/secret", RenewAsync).RequireAuthorization(AccessPolicy.Admin).Document(RenewDoc);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IWebhookLedger webhooks)
    {
        var caller = context.Caller();
        var found = await webhooks.ListAsync(caller.Tenant, context.RequestAborted);
        var service = WebhookRoutes.SeesService(caller) ? await webhooks.ListAsync("", context.RequestAborted) : [];
        return JsonAnswer.Of(
            new ListOf<WebhookView>([.. service.Concat(found).Select(WebhookView.Of)], null), ApiJson.Out.ListOfWebhookView);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, IWebhookLedger webhooks) =>
        await WebhookRoutes.FindAsync(id, context, webhooks) is { } webhook
            ? JsonAnswer.Of(WebhookView.Of(webhook), ApiJson.Out.WebhookView)
            : WebhookRoutes.Absent;

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, IValidator<WebhookChangeBody> validator, IWebhookLedger webhooks)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.WebhookChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await WebhookRoutes.FindAsync(id, context, webhooks) is not { } webhook)
            return WebhookRoutes.Absent;
        if (webhook.Format == WebhookFormat.Tusd && WebhookRules.AreUnknownToTusd(body.Events))
            return Refusal.Of(RequestError.InvalidField, WebhookRules.UnknownToTusd);
        var changed = webhook with
        {
            Title = body.Title ?? webhook.Title,
            Url = body.Url ?? webhook.Url,
            Kinds = body.Events ?? webhook.Kinds,
            Enabled = body.Enabled ?? webhook.Enabled,
        };
        if (WebhookRules.Refuse(changed) is { } refusal)
            return refusal;
        await webhooks.ChangeAsync(changed, context.RequestAborted);
        return await WebhookRoutes.FindAsync(id, context, webhooks) is { } now
            ? JsonAnswer.Of(WebhookView.Of(now), ApiJson.Out.WebhookView)
            : WebhookRoutes.Absent;
    }

    private static async Task<IResult> RemoveAsync(string id, HttpContext context, IWebhookLedger webhooks) =>
        await WebhookRoutes.FindAsync(id, context, webhooks) is { } webhook
            && await webhooks.RemoveAsync(webhook.Tenant, webhook.Id, context.RequestAborted)
            ? TypedResults.NoContent()
            : WebhookRoutes.Absent;

    private static async Task<IResult> RenewAsync(string id, HttpContext context, IWebhookLedger webhooks)
    {
        var secret = WebhookSignature.NewSecret();
        if (await WebhookRoutes.FindAsync(id, context, webhooks) is not { } webhook
            || !await webhooks.SetSecretAsync(webhook.Tenant, webhook.Id, secret, context.RequestAborted))
            return WebhookRoutes.Absent;
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Of(
            new IssuedWebhookView(WebhookView.Of(webhook), WebhookSignature.TextOf(secret)), ApiJson.Out.IssuedWebhookView);
    }

    private static EndpointDoc ListDoc => new(WebhookRoutes.Tag, "ListWebhooks", "List webhooks",
        "Those of your tenant, the oldest first. Operators see those of the service itself before them.")
    {
        Answers = [new(200, "All of them.", typeof(ListOf<WebhookView>), Examples.Page(WebhookView.Example))],
    };

    private static EndpointDoc GetDoc => new(WebhookRoutes.Tag, "GetWebhook", "Describe a webhook", "Without its secret.")
    {
        Answers = [new(200, "The webhook.", typeof(WebhookView), WebhookView.Example)],
        Errors = [RequestError.NoSuchWebhook],
    };

    private static EndpointDoc ChangeDoc => new(
        WebhookRoutes.Tag, "ChangeWebhook", "Change a webhook",
        "Events that happen while a webhook is disabled are not sent to it; deliveries that wait for it stay queued.")
    {
        Json = new(typeof(WebhookChangeBody), """{"enabled":true}"""),
        Answers = [new(200, "The webhook as it is now.", typeof(WebhookView), WebhookView.Example)],
        Errors = [RequestError.NoSuchWebhook],
    };

    private static EndpointDoc RemoveDoc => new(
        WebhookRoutes.Tag, "RemoveWebhook", "Remove a webhook", "With its log and what waits to be sent.")
    {
        Answers = [new(204, "Removed.")],
        Errors = [RequestError.NoSuchWebhook],
    };

    private static EndpointDoc RenewDoc => new(
        WebhookRoutes.Tag, "RenewWebhookSecret", "Give a webhook a new secret",
        "From now on requests are signed with it; the previous secret is no longer used.")
    {
        Answers = [new(200, "The webhook and its new secret.", typeof(IssuedWebhookView), WebhookView.IssuedExample)],
        Errors = [RequestError.NoSuchWebhook],
    };
}
