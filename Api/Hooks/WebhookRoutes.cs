using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hooks;

namespace ChunkUpload.Api.Hooks;

/// <summary>Shared parts of the webhook endpoints. Admins manage the webhooks of their tenant, operators also those of the
/// service itself.</summary>
internal static class WebhookRoutes
{
    public const string Tag = "Webhooks";
    public const string All = "/api/webhooks";
    public const string One = All + "/{id}";
    public const int MostPerTenant = 20;

    public static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchWebhook, "There is no webhook with this id in your tenant. GET /api/webhooks lists them.");

    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        AddWebhook.Map(routes);
        ManageWebhooks.Map(routes);
        WebhookDeliveries.Map(routes);
    }

    public static async Task<Webhook?> FindAsync(string id, HttpContext context, IWebhookLedger webhooks) =>
        UploadId.TryParse(id, out var parsed)
            ? await webhooks.FindAsync(context.Caller().Tenant, parsed.Value, context.RequestAborted)
                ?? (SeesService(context.Caller()) ? await webhooks.FindAsync("", parsed.Value, context.RequestAborted) : null)
            : null;

    /// <summary>Returns whether the caller manages the webhooks of the service itself.</summary>
    public static bool SeesService(Caller caller) => caller.Scopes.HasFlag(Scopes.Operate);
}
