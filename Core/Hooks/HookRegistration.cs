using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Hooks;

/// <summary>Registers the webhooks. Infrastructure registers their ledger and the sender.</summary>
public static class HookRegistration
{
    public static IServiceCollection AddHooks(this IServiceCollection services) => services
        .AddSingleton<IWorkKind, DeliveryWork>()
        .AddSingleton<WebhookCursor>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<WebhookCursor>())
        .AddSingleton<ProgressWebhooks>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<ProgressWebhooks>());
}
