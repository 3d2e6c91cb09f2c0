using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;

namespace ChunkUpload.Api.Health;

/// <summary>
/// GET /health/ready: checks that the database responds, and that the disk is writable and has room. Figures require a key.
/// </summary>
internal static class GetReady
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/health/ready", HandleAsync).AlsoForHead().Document(Doc).AllowAnonymous().WithMetadata(new QuietRequest());

    private static async Task<IResult> HandleAsync(HttpContext context, ReadinessCheck check)
    {
        var checks = await check.RunAsync(context.RequestAborted);
        var ready = checks.Values.All(one => one.Ok);
        return JsonAnswer.Of(
            new HealthView(ready ? "ready" : "not_ready", context.HasCaller() ? checks : null), ApiJson.Out.HealthView,
            status: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static EndpointDoc Doc => new(
        "Operations", nameof(GetReady), "Can it take uploads?",
        "The database answers, the disk takes writes and has room above its reserve. Needs no key; with the key it says what each check "
            + "found.")
    {
        Answers =
        [
            new(200, "It can.", typeof(HealthView),
                """
                {"status":"ready","checks":{"service":{"ok":true,"detail":null,"figures":{}},
                 "database":{"ok":true,"detail":null,"figures":{"milliseconds":1}},
                 "disk":{"ok":true,"detail":null,
                  "figures":{"freeBytes":52428800000,"totalBytes":107374182400,"reserveBytes":536870912}}}}
                """),
            new(503, "It cannot now.", typeof(HealthView), """{"status":"not_ready"}"""),
        ],
    };
}
