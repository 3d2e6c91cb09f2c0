using ChunkUpload.Core.Hooks;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Hooks;

internal static class HookLedgerRegistration
{
    /// <summary>Registers the ledger of the webhooks and the sender. Requires AddUploadLedger and the keys that protect cookies.</summary>
    public static IServiceCollection AddHookLedger(this IServiceCollection services) => services
        .AddSingleton<PostgresWebhookLedger>()
        .AddSingleton<IWebhookLedger>(provider => provider.GetRequiredService<PostgresWebhookLedger>())
        .AddSingleton<IDeliveryLedger>(provider => provider.GetRequiredService<PostgresWebhookLedger>())
        .AddSingleton<IHookSender, HookSender>();
}
