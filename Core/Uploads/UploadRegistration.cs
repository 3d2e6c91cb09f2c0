using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChunkUpload.Core.Uploads;

/// <summary>Registers the engine. Infrastructure registers the ledger, the store and the running hashes.</summary>
public static class UploadRegistration
{
    public static IServiceCollection AddUploads(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StoppingSignal>();
        services.TryAddSingleton<NodeDrain>();
        services.AddSingleton<LedgerHealth>();
        services.TryAddSingleton<Incarnation>();
        services.AddAdvisor();
        services.AddSingleton<UploadHub>();
        services.AddSingleton<ProgressBook>();
        services.TryAddSingleton(new StoreName());
        services.AddSingleton<IStartStep, StoreWatch>();
        services.AddSingleton<EventFeed>();
        services.AddSingleton<MovedAnswers>();
        services.AddSingleton<OtherProgress>();
        services.AddSingleton<IStartStep>(provider => provider.GetRequiredService<OtherProgress>());
        services.AddSingleton<ITopicRights, UploadTopicRights>();
        services.AddSingleton<ITopicRights>(new OperatorTopicRights(TopicKinds.Store));
        services.AddSingleton<ITopicRights>(new OperatorTopicRights(TopicKinds.Certificate));
        services.AddSingleton<IStartStep>(provider => provider.GetRequiredService<EventFeed>());
        services.AddSingleton<SharedUsage>();
        services.AddSingleton<LimitBook>();
        services.AddSingleton<IStartStep>(provider => provider.GetRequiredService<LimitBook>());
        services.AddSingleton<ReadLimits>(provider => provider.GetRequiredService<LimitBook>().LoadAsync);
        services.AddSingleton<DayBook>();
        services.AddSingleton<IStartStep>(provider => provider.GetRequiredService<DayBook>());
        services.AddSingleton<Admission>();
        services.AddSingleton<BandwidthLimiter>();
        services.AddSingleton<IBandwidthLimiter>(provider => provider.GetRequiredService<BandwidthLimiter>());
        services.AddSingleton<WriterClaims>();
        services.AddSingleton<OtherNodes>();
        services.AddSingleton<StopAnswers>();
        services.AddSingleton<CountUnrecorded>(provider => provider.GetRequiredService<WriterClaims>().CountUnrecorded);
        services.AddSingleton<FileRemover>();
        services.AddSingleton<PrefixKeeper>();
        services.AddSingleton<ContentCheck>();
        services.AddSingleton<ContentFlusher>();
        services.AddSingleton<ExtentReader>();
        services.AddSingleton<TypeCheck>();
        services.AddSingleton<FrontHasher>();
        services.AddSingleton<ChunkMerger>();
        services.AddSingleton<BackgroundWork>();
        services.AddSingleton<IStartStep>(provider => provider.GetRequiredService<BackgroundWork>());
        services.AddSingleton<IStartStep, ReleasedFiles>();
        services.AddSingleton<IStartStep, SharedProbe>();
        services.AddSingleton<PendingConcatenations>();
        services.AddSingleton<FailureRecorder>();
        services.AddSingleton<Receptions>();
        services.AddSingleton<StreamSegments>();
        services.AddSingleton<StreamFinisher>();
        services.AddSingleton<ChunkRules>();
        services.AddSingleton<ChunkWriter>();
        services.AddSingleton<StreamAppender>();
        services.AddSingleton<UploadFinisher>();
        services.AddSingleton<UploadCatalog>();
        services.AddSingleton<ContentReader>();
        services.AddSingleton<UploadJoiner>();
        return services;
    }
}
