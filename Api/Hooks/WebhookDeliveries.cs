using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Hooks;

namespace ChunkUpload.Api.Hooks;

/// <summary>Lists the deliveries of a webhook, repeats a delivery, and sends a test.</summary>
internal static class WebhookDeliveries
{
    private const string Path = WebhookRoutes.One + "/deliveries";

    private static readonly Pages Pages = new("deliveries", 50, 200, CursorParts.Number);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(ListDoc);
        routes.MapPost(Path + "/{delivery}/replay", ReplayAsync).RequireAuthorization(AccessPolicy.Admin).Document(ReplayDoc);
        routes.MapPost(WebhookRoutes.One + "/test", TestAsync).RequireAuthorization(AccessPolicy.Admin).Document(TestDoc);
    }

    private static async Task<IResult> ListAsync(string id, HttpContext context, IWebhookLedger webhooks)
    {
        var reader = new QueryReader(context.Request.Query, "state", "limit", "cursor");
        var page = Pages.Read(reader);
        DeliveryState? state = reader.Text("state") switch
        {
            "waiting" => DeliveryState.Waiting,
            "delivered" => DeliveryState.Delivered,
            "failed" => DeliveryState.Failed,
            _ => null,
        };
        if (state is null && reader.Text("state") is not null)
            reader.Refuse("state must be waiting, delivered or failed.");
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await WebhookRoutes.FindAsync(id, context, webhooks) is not { } webhook)
            return WebhookRoutes.Absent;
        var found = await webhooks.DeliveriesAsync(webhook.Id, state, page.Number, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, one => one.Number, DeliveryView.Of), ApiJson.Out.ListOfDeliveryView);
    }

    private static async Task<IResult> ReplayAsync(string id, string delivery, HttpContext context, IWebhookLedger webhooks)
    {
        if (await WebhookRoutes.FindAsync(id, context, webhooks) is not { } webhook)
            return WebhookRoutes.Absent;
        return UploadId.TryParse(delivery, out var parsed)
            && await webhooks.ReplayAsync(webhook.Id, parsed.Value, context.RequestAborted) is { } again
            ? JsonAnswer.Of(DeliveryView.Of(again), ApiJson.Out.DeliveryView, StatusCodes.Status202Accepted)
            : Refusal.Of(RequestError.NoSuchDelivery, "This webhook has no delivery with this id; the log shows the last weeks.");
    }

    private static async Task<IResult> TestAsync(string id, HttpContext context, IWebhookLedger webhooks, TimeProvider time)
    {
        if (await WebhookRoutes.FindAsync(id, context, webhooks) is not { } webhook)
            return WebhookRoutes.Absent;
        var json = WebhookMessage.Test(context.Caller().Subject, time.GetUtcNow());
        var made = await webhooks.TestAsync(webhook, json, context.RequestAborted);
        return JsonAnswer.Of(DeliveryView.Of(made), ApiJson.Out.DeliveryView, StatusCodes.Status202Accepted);
    }

    private static EndpointDoc ListDoc => new(
        WebhookRoutes.Tag, "ListDeliveries", "List what was sent to a webhook",
        "The newest first, each with the result of its last attempt. Kept as long as the rest of the history.")
    {
        Query = [new("state", "Only waiting, delivered or failed ones.", "failed"), .. Pages.Parameters],
        Answers = [new(200, "A page.", typeof(ListOf<DeliveryView>), Examples.Page(DeliveryView.Example))],
        Errors = [RequestError.NoSuchWebhook],
    };

    private static EndpointDoc ReplayDoc => new(
        WebhookRoutes.Tag, "ReplayDelivery", "Send a delivery again",
        "With the same webhook-id and all attempts anew, also while the webhook is disabled.")
    {
        Answers = [new(202, "It will be sent.", typeof(DeliveryView), DeliveryView.Example)],
        Errors = [RequestError.NoSuchWebhook, RequestError.NoSuchDelivery],
    };

    private static EndpointDoc TestDoc => new(
        WebhookRoutes.Tag, "TestWebhook", "Test a webhook",
        "Sends the event test, also while the webhook is disabled or paused. The log shows the result; a success ends a pause.")
    {
        Answers = [new(202, "It will be sent.", typeof(DeliveryView), DeliveryView.Example)],
        Errors = [RequestError.NoSuchWebhook],
    };
}
