using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Nodes;

/// <summary>Refuses what is not for operators on a node that serves no clients. A balancer should not send it there.</summary>
internal sealed class WorkerGate(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        FolderRequests.IsForwarded(context) || context.Request.Path.StartsWithSegments("/health")
            || context.Request.Path.StartsWithSegments("/metrics")
            ? next(context)
            : Refusal.Of(UploadError.Stopping, "This node takes work and serves no clients: send requests to another node.")
                .ExecuteAsync(context);
}
