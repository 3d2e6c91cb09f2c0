using ChunkUpload.Api.Access;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Connections;
using ChunkUpload.Api.Dav;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Events;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Health;
using ChunkUpload.Api.Limits;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Nodes;
using ChunkUpload.Api.People;
using ChunkUpload.Api.Projects;
using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Sessions;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Transfers;
using ChunkUpload.Api.Tree;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Api.Tus;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Mail;
using FluentValidation;

namespace ChunkUpload.Api;

/// <summary>Registers the services of the HTTP layer. The host registers the options.</summary>
internal static class ApiRegistration
{
    public static IServiceCollection AddChunkUploadApi(this IServiceCollection services)
    {
        services.AddSingleton<SessionViews>();
        services.AddSingleton<FileViews>();
        services.AddSingleton<ILongAnswers, PagesInWork>();
        services.AddSingleton<FolderListing>();
        services.AddSingleton<FolderArchive>();
        services.AddSingleton<TarReceiver>();
        services.AddSingleton<DavSpaces>();
        services.AddSingleton<DavQuotas>();
        services.AddSingleton<DavGuards>();
        services.AddSingleton<DavFailures>();
        services.AddValidatorsFromAssemblyContaining<NewSessionValidator>(ServiceLifetime.Singleton, includeInternalTypes: true);

        services.AddSingleton<Expiry>();

        services.AddSingleton<LimitHeader>();
        services.AddSingleton<IRefusalHeader>(provider => provider.GetRequiredService<LimitHeader>());
        services.AddSingleton<IRefusalHeader, RefusalAdvice>();
        services.AddSingleton<UploadAnswers>();
        services.AddSingleton<IFileHeaders>(provider => provider.GetRequiredService<UploadAnswers>());
        services.AddSingleton<BrokenAppend>();
        services.AddSingleton<OrdinaryUpload>();

        services.AddNodeEndpoint();
        services.AddSingleton<AnonymousRequests>();
        services.AddAccess();
        services.AddSingleton<Activities>();
        services.AddSingleton<SignInCookie>();

        services.AddSingleton<NodeWaits>();
        services.AddSingleton<IMailWriter, TransferMailWriter>();
        services.AddSingleton<IMailWriter, RequestMailWriter>();
        services.AddSingleton<StraightWays>();
        services.AddSingleton<AskForFiles>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<EventTopics>();

        services.AddSingleton<ApiMeter>();
        services.AddSingleton<OperationsMeter>();
        services.AddSingleton<IStartStep>(provider => provider.GetRequiredService<OperationsMeter>());
        services.AddSingleton<PrometheusText>();
        services.AddSingleton<ReadinessCheck>();
        services.AddSingleton<IStartStep, TelemetryStart>();

        services.AddContract();
        return services;
    }
}
