using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;

namespace ChunkUpload.Api.Health;

/// <summary>GET /health/live: the process responds.</summary>
internal static class GetLive
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/health/live", Handle).AlsoForHead().Document(Doc).AllowAnonymous().WithMetadata(new QuietRequest());

    private static JsonAnswer<HealthView> Handle() => JsonAnswer.Of(new HealthView("live"), ApiJson.Out.HealthView);

    private static EndpointDoc Doc =>
        new("Operations", nameof(GetLive), "Does it answer?", "Checks only that the process runs. Needs no key.")
        {
            Answers = [new(200, "It does.", typeof(HealthView), """{"status":"live"}""")],
        };
}
