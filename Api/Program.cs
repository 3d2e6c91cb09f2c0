using ChunkUpload.Api.Cli;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Jobs;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Checks;
using ChunkUpload.Core.Sync;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Mail;
using ChunkUpload.Core.Moving;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure;

namespace ChunkUpload.Api;

/// <summary>Composes the service from its parts; <see cref="Verbs"/> runs it.</summary>
internal sealed class Program
{
    private Program()
    {
    }

    public static Task<int> Main(string[] args) => Verbs.RunAsync(args, configuration => Compose(configuration));

    /// <param name="replace">Registrations that replace all others, for tests.</param>
    /// <param name="configure">Lets a WebApplicationFactory choose the server, for tests.</param>
    public static WebApplication Compose(
        ServiceConfiguration configuration, Action<IServiceCollection>? replace = null, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        _ = builder.Configuration.AddInMemoryCollection(configuration.ToPairs());
        configuration.Register(builder.Services);
        Logging.Apply(builder, configuration.Get<LogOptions>());
        KestrelSetup.Apply(builder, configuration.Get<HostingOptions>());
        _ = builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IHostLifetime, PassiveHostLifetime>()
            .AddSingleton<StoppingSignal>()
            .AddSingleton<StartSequence>()
            .AddSingleton<SelfSignedCertificate>()
            .AddSingleton<IStartStep>(services => services.GetRequiredService<SelfSignedCertificate>())
            .AddSingleton<ClientCertificates>()
            .AddSingleton<TlsCertificate>()
            .AddSingleton<IStartStep>(services => services.GetRequiredService<TlsCertificate>())
            .AddSingleton<IStartStep, LibrariesStart>()
            .AddUploads()
            .AddNodes()
            .AddIntake()
            .AddFiles()
            .AddAudit()
            .AddWork()
            .AddHooks()
            .AddChecks()
            .AddMail()
            .AddMaintenanceJobs()
            .AddFsck()
            .AddMoving()
            .AddTransfers()
            .AddSyncs()
            .AddProjects()
            .AddStatistics()
            .AddInfrastructure()
            .AddChunkUploadApi();
        configure?.Invoke(builder);
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        Pipeline.Use(app);
        _ = app.MapChunkUploadApi();
        var dashboard = app.MapJobsDashboard(request => PublicAddress.PathOf(request, ""), JobRoutes.JobsOff.ExecuteAsync);
        _ = OperatorPage.Require(dashboard).ExcludeFromDescription();
        return app;
    }
}
