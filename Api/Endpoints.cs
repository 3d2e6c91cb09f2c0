using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Audit;
using ChunkUpload.Api.Connections;
using ChunkUpload.Api.Dav;
using ChunkUpload.Api.Events;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Health;
using ChunkUpload.Api.Hooks;
using ChunkUpload.Api.Jobs;
using ChunkUpload.Api.Limits;
using ChunkUpload.Api.Links;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Nodes;
using ChunkUpload.Api.People;
using ChunkUpload.Api.Projects;
using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Sessions;
using ChunkUpload.Api.Statistics;
using ChunkUpload.Api.Sync;
using ChunkUpload.Api.Transfers;
using ChunkUpload.Api.Tree;
using ChunkUpload.Api.Tus;

namespace ChunkUpload.Api;

/// <summary>Maps every endpoint.</summary>
internal static class Endpoints
{
    public static WebApplication MapChunkUploadApi(this WebApplication app)
    {
        // Create it now, so that it counts from the first request and not from the first scrape.
        _ = app.Services.GetRequiredService<PrometheusText>();
        // Start at zero, because a counter without a series looks like a missing service.
        app.Services.GetRequiredService<ApiMeter>().Sent(0);

        CreateSession.Map(app);
        ListSessions.Map(app);
        GetSession.Map(app);
        CompleteSession.Map(app);
        ChangeSession.Map(app);
        ControlSession.Map(app);
        CancelSession.Map(app);

        PutChunk.Map(app);
        HeadChunk.Map(app);
        DeleteChunk.Map(app);
        ListChunks.Map(app);
        ListMissing.Map(app);

        PutFile.Map(app);
        ListFiles.Map(app);
        GetFile.Map(app);
        GetFileContent.Map(app);
        DeleteFile.Map(app);
        PlaceFile.Map(app);

        StreamEvents.Map(app);
        EventSocket.Map(app);
        ListUploadEvents.Map(app);
        app.MapLimits();
        GetStatistics.Map(app);
        ListHistory.Map(app);
        ListAudit.Map(app);
        VerifyAudit.Map(app);
        app.MapWebhooks();
        app.MapConnections();
        app.MapTransfers();
        app.MapProjects();
        app.MapSyncs();
        app.MapConflicts();
        app.MapTree();
        app.MapDav();
        app.MapAdvisor();
        app.MapJobs();
        app.MapNodes();
        app.MapPeople();
        TusRoutes.Map(app);
        ResumableRoutes.Map(app);

        app.MapLinks();
        SignIn.Map(app);

        GetLive.Map(app);
        GetReady.Map(app);
        GetMetrics.Map(app);
        GetSystem.Map(app);
        return app;
    }
}
