using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Hooks;
using FluentValidation;

namespace ChunkUpload.Api.Hooks;

/// <summary>POST /api/webhooks: a new webhook. Its secret is in this answer only.</summary>
internal static class AddWebhook
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(WebhookRoutes.All, HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewWebhookBody> validator, IWebhookLedger webhooks, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewWebhookBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        if (body.Service == true && !WebhookRoutes.SeesService(caller))
            return Refusal.Of(RequestError.NotPermitted, "Only operators make webhooks of the service itself.");
        var webhook = new Webhook(
            Guid.NewGuid(), body.Service == true ? "" : caller.Tenant, body.Title ?? "", body.Url!,
            body.Format == "tusd" ? WebhookFormat.Tusd : WebhookFormat.Json,
            body.Events ?? [], Enabled: true, caller.Subject, time.GetUtcNow(), null, null);
        if (WebhookRules.Refuse(webhook) is { } refusal)
            return refusal;
        var secret = WebhookSignature.NewSecret();
        if (!await webhooks.AddAsync(webhook, secret, WebhookRoutes.MostPerTenant, context.RequestAborted))
        {
            return Refusal.Of(
                RequestError.TooManyWebhooks, $"A tenant has at most {WebhookRoutes.MostPerTenant} webhooks; remove one first.");
        }

        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{WebhookRoutes.All}/{webhook.Id:n}");
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Of(
            new IssuedWebhookView(WebhookView.Of(webhook), WebhookSignature.TextOf(secret)), ApiJson.Out.IssuedWebhookView,
            StatusCodes.Status201Created);
    }

    private static EndpointDoc Doc => new(
        WebhookRoutes.Tag, nameof(AddWebhook), "Make a webhook",
        """
        From now on the service sends the tenant's events to its address, at least once each, within about a second. Requests are signed
        with the secret, which only this answer shows. An answer of 2xx ends a delivery; everything else is tried again for about a day.
        Addresses in private networks are refused unless an operator allows them. Operators make webhooks of the service itself with
        `"service":true`: they tell of trouble (disk, damage, failed jobs, a certificate near its end).

            curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"url":"https://shop.example.org/uploads","events":["completed"]}' http://127.0.0.1:8080/api/webhooks
        """)
    {
        Json = new(typeof(NewWebhookBody), WebhookView.NewExample),
        Answers =
        [
            new(201, "The webhook and its secret.", typeof(IssuedWebhookView), WebhookView.IssuedExample)
            { Headers = [new("Location", "The webhook.", $"{WebhookRoutes.All}/{Examples.Id}")] },
        ],
        Errors = [RequestError.TooManyWebhooks],
    };
}
