using ChunkUpload.Core.Backups;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Mail;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Infrastructure.Access;
using ChunkUpload.Infrastructure.Advisor;
using ChunkUpload.Infrastructure.Backups;
using ChunkUpload.Infrastructure.Checks;
using ChunkUpload.Infrastructure.Connections;
using ChunkUpload.Infrastructure.Connectors;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Dav;
using ChunkUpload.Infrastructure.Events;
using ChunkUpload.Infrastructure.Fsck;
using ChunkUpload.Infrastructure.Hooks;
using ChunkUpload.Infrastructure.Jobs;
using ChunkUpload.Infrastructure.Limits;
using ChunkUpload.Infrastructure.Mail;
using ChunkUpload.Infrastructure.Nodes;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Projects;
using ChunkUpload.Infrastructure.Statistics;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Sync;
using ChunkUpload.Infrastructure.Transfers;
using ChunkUpload.Infrastructure.Tree;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Infrastructure.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure;

/// <summary>
/// Registers this layer's implementations of Core's interfaces: PostgreSQL, the disk and the scheduler. Also maps the jobs' dashboard.
/// </summary>
public static class InfrastructureRegistration
{
    public static IServiceCollection AddInfrastructure(this IServiceCollection services)
    {
        services.AddDatabase();
        services.AddDiskStorage();
        services.AddLedger();
        services.AddUploadLedger();
        services.AddTreeLedger();
        services.AddDavLedger();
        services.AddFsck();
        services.AddAdviceLedger();
        services.AddLimitLedger();
        services.AddWorkLedger();
        services.AddConnectionLedger();
        services.AddConnectors();
        services.AddTransferLedger();
        services.AddProjectLedger();
        services.AddSyncLedger();
        services.AddAccess();
        services.AddNodeLedger();
        services.AddHookLedger();
        services.AddCheckers();
        services.AddScheduler();
        services.AddSingleton<IEventLedger, PostgresEventLedger>();
        services.AddSingleton<IStatisticsLedger, PostgresStatisticsLedger>();
        services.AddSingleton<IOperationsLedger, PostgresOperationsLedger>();
        services.AddSingleton<IMailSender, SmtpMailSender>();
        services.AddSingleton<IMailLedger, PostgresMailLedger>();
        services.AddSingleton<IBackups, PostgresBackups>();
        _ = services.AddSingleton<IStartStep, LibraryFiles>();
        return services;
    }

    /// <summary>Maps Hangfire's dashboard to /hangfire. The caller adds the policy that says who may see it.</summary>
    /// <param name="prefixOf">The path that a proxy puts before the service's own addresses; empty without one.</param>
    /// <param name="refuseRun">Answers where Jobs:Enabled is false.</param>
    public static IEndpointConventionBuilder MapJobsDashboard(
        this IEndpointRouteBuilder routes, Func<HttpRequest, string> prefixOf, RequestDelegate refuseRun) =>
        JobsDashboard.Map(routes, prefixOf, refuseRun);
}
