using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Audit;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Access;

internal static class AccessRegistration
{
    public static IServiceCollection AddAccess(this IServiceCollection services) => services
        .AddSingleton<IOperatorKeyFile, OperatorKeyFile>()
        .AddSingleton<IOwnerOnlyFiles, OwnerOnlyFiles>()
        .AddSingleton<IBrowserSessionLedger, PostgresBrowserSessionLedger>()
        .AddSingleton<IAuditLedger, PostgresAuditLedger>()
        .AddSingleton<IPeopleLedger, PostgresPeopleLedger>()
        .AddSingleton<IKeyRequestLedger, PostgresKeyRequestLedger>()
        .AddSingleton<ILinkLedger, PostgresLinkLedger>()
        .AddSingleton<IActivityLedger, PostgresActivityLedger>()
        .AddSingleton<ISpaceLedger, PostgresSpaceLedger>()
        .AddSingleton<ISecondFactorLedger, PostgresSecondFactorLedger>()
        .AddSingleton<IIdentityLedger, PostgresIdentityLedger>()
        .AddSingleton<ITenantRemovalLedger, PostgresTenantRemovalLedger>()
        .AddSingleton<InstanceName>()
        .AddSingleton<CookieSecret>()
        .AddSingleton<LedgerKeyRepository>()
        .AddSingleton<CookieKeysStart>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<CookieKeysStart>())
        .AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => provider.GetRequiredService<CookieKeysStart>());
}
