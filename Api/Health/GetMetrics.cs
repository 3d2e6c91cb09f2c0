using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChunkUpload.Api.Health;

/// <summary>GET /metrics: metrics for Prometheus.</summary>
internal static class GetMetrics
{
    private const string TextFormat = "text/plain; version=0.0.4; charset=utf-8";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", HandleAsync).AlsoForHead()
            .RequireAuthorization(AccessPolicy.Operate).Document(Doc).WithMetadata(new QuietRequest());

    private static async Task<ContentHttpResult> HandleAsync(PrometheusText metrics, OperationsMeter operations)
    {
        await operations.RefreshAsync();
        return TypedResults.Text(metrics.Write(), TextFormat);
    }

    private static EndpointDoc Doc => new(
        "Operations", nameof(GetMetrics), "Metrics",
            "In the text format of Prometheus: uploads, bytes, failures by code, durations, flush times, queue depths.")
    {
        Answers =
        [
            new(200, "All series.", typeof(string), "# TYPE chunkupload_failures_total "
                + "counter\nchunkupload_failures_total{code=\"overlap\"} 2\n") { MediaType = "text/plain" },
        ],
    };
}
