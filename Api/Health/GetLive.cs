using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChunkUpload.Api.Health;

/// <summary>GET /health/live: the process answers.</summary>
internal static class GetLive
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/health/live", Handle).Document(Doc).AllowAnonymous().WithMetadata(new QuietRequest());

    private static JsonHttpResult<HealthView> Handle() => TypedResults.Json(new HealthView("live"), ApiJson.Out.HealthView);

    private static EndpointDoc Doc => new("Operations", nameof(GetLive), "Does it answer?", "Looks at nothing but the process. Needs no key.")
    {
        Answers = [new(200, "It does.", typeof(HealthView), """{"status":"live"}""")],
    };
}
