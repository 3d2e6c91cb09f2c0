using ChunkUpload.Api.Lists;

namespace ChunkUpload.Api.Advisor;

/// <summary>The advisor's endpoints, and what they have in common.</summary>
internal static class AdvisorRoutes
{
    public const string Tag = "Advisor";

    public const string Question = """
        {"size":20971520,"roundTripMs":120,"effectiveType":"4g","metered":true}
        """;

    public const string Step = """
        {"at":"2026-01-15T09:30:02.100Z","chunkSize":917504,"concurrency":4,"limitedBy":"failure-rate","throughputBps":8000000,
         "deadTimeMs":200,"mtbfSeconds":42.9,"before":{"succeeded":3,"failed":1,"bytes":2097152}}
        """;

    public const string Network = """
        {"subject":"operator","network":"203.0.113.0/24","class":"medium, unsteady","firstSeenAt":"2026-01-15T09:30:00.000Z",
         "seenAt":"2026-01-15T09:30:12.100Z","uploadedBytes":20971520,"requests":26,"failures":2,"throughputBps":8000000,"deadTimeMs":200,
         "mtbfSeconds":42.9}
        """;

    public static Pages PagesOf(string list) => new(list, 50, 200, CursorParts.Number);

    public static IEndpointRouteBuilder MapAdvisor(this IEndpointRouteBuilder routes)
    {
        AskAdvice.Map(routes);
        GetAdvice.Map(routes);
        ListAdvice.Map(routes);
        ListNetworks.Map(routes);
        return routes;
    }
}
