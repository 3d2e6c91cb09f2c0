using ChunkUpload.Api.Access;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Statistics;

namespace ChunkUpload.Api.Statistics;

/// <summary>GET /api/stats: returns the current activity, and the figures of a range.</summary>
internal static class GetStatistics
{
    private const int MostPoints = 1500;
    private static readonly TimeSpan DefaultRange = TimeSpan.FromDays(1);

    private static readonly (StatisticsStep Step, string Name, TimeSpan Length)[] Steps =
    [
        (StatisticsStep.Minute, "minute", TimeSpan.FromMinutes(1)),
        (StatisticsStep.TenMinutes, "10minutes", TimeSpan.FromMinutes(10)),
        (StatisticsStep.Hour, "hour", TimeSpan.FromHours(1)),
        (StatisticsStep.Day, "day", TimeSpan.FromDays(1)),
    ];

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/stats", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, StatisticsCollector collector, IStatisticsLedger ledger, ReceivedBytesMeter meter, ProgressBook progress,
        TimeProvider time)
    {
        // 1. Read the range.
        var reader = new QueryReader(context.Request.Query, "from", "to", "range", "step", "tenant", "format");
        var tenant = StatisticsTenant.Read(reader, context.Caller());
        var to = reader.Time("to") ?? time.GetUtcNow();
        var from = reader.Time("from") ?? To(to, reader.Age("range") ?? DefaultRange);
        var name = reader.Text("step");
        var step = Array.Find(Steps, one => name is null ? (to - from) / one.Length <= 200 || one.Step == StatisticsStep.Day
            : one.Name == name);
        var format = Exports.Read(reader);
        if (step.Name is null)
            reader.Refuse("step must be minute, 10minutes, hour or day.");
        else if (to <= from)
            reader.Refuse("from must be before to.");
        else if ((to - from) / step.Length > MostPoints)
            reader.Refuse($"These are more than {MostPoints} steps; ask for a larger step or a shorter range.");
        if (reader.Refusal is { } refusal)
            return refusal;

        // 2. Read the figures from the beginning of the first step.
        from = Floor(from, step.Length);
        await collector.FreshenAsync(context.RequestAborted);
        var figures = await ledger.FiguresAsync(new StatisticsQuery(tenant, from, to, step.Step), context.RequestAborted);
        var points = figures.GroupBy(figure => figure.Start)
            .Select(same => new PointView(same.Key, FiguresView.Of(new StatisticsSummary(same)))).ToList();
        if (format == "csv")
        {
            return new Export<PointView>(
                true, "statistics", Head, Csv, _ => "", (last, _) => Task.FromResult<IReadOnlyList<PointView>>(last is null ? points : []));
        }

        var total = new StatisticsSummary(figures);
        return JsonAnswer.Of(new StatisticsView
        {
            From = from,
            To = to,
            Step = step.Name!,
            Tenant = tenant,
            Now = NowOf(tenant, meter, progress),
            Total = FiguresView.Of(total),
            Points = points,
            Cuts = CountView.Of(total.Counts("cut")),
            Failures = CountView.Of(total.Counts("failure")),
            Networks = CountView.Of(total.Counts("network")),
            Protocols = CountView.Of(total.Counts("received")),
            PercentileError = Math.Round(Histogram.Error, 3),
        }, ApiJson.Out.StatisticsView);
    }

    private static NowView NowOf(string? tenant, ReceivedBytesMeter meter, ProgressBook progress)
    {
        var speeds = meter.Now(tenant).ToDictionary(one => StateNames.Of(one.Key), one => one.Value);
        return new NowView(progress.Active(tenant), speeds.Values.Sum(), CountView.Of(speeds));
    }

    private static string Csv(PointView point)
    {
        var one = point.Figures;
        return CsvText.Line(
            point.Start, one.Bytes, one.Begun, one.Completed, one.Failed, one.Cancelled, one.Expired, one.SuccessRate, one.DurationMs.P50,
            one.DurationMs.P95, one.Speed.P50, one.Speed.P95, one.Retries, one.RetriesPerGiB, one.SavedBytes);
    }

    private static DateTimeOffset To(DateTimeOffset to, TimeSpan range) =>
        to - DateTimeOffset.MinValue > range ? to - range : DateTimeOffset.MinValue;

    private static DateTimeOffset Floor(DateTimeOffset at, TimeSpan step) => new(at.UtcTicks - (at.UtcTicks % step.Ticks), TimeSpan.Zero);

    private static EndpointDoc Doc => new(
        "Operations", nameof(GetStatistics), "Statistics",
        """
        What goes on now, from memory, and the figures of a range by minutes, hours or days: bytes, uploads and how they ended, durations
        and speeds (p50 and p95), broken requests for each GiB, bytes that did not have to be sent again. Admins see their tenant, operators
        all or one. `format=csv` has a line for each step.

            curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:8080/api/stats?range=7d&step=hour&format=csv"
        """)
    {
        Query =
        [
            new("range", "How long until `to`: 90s, 15m, 24h, 7d. Default: 24h.", "24h"),
            new("from", "Instead of range: its beginning.", "2026-01-30T09:00:00Z"),
            new("to", "Its end. Default: now.", "2026-01-31T09:00:00Z"),
            new("step", "minute (of the last two days), 10minutes, hour (of the last 90 days) or day. Default: as fits the range.", "hour"),
            new("tenant", "Only of this tenant; for operators.", "default"),
            new("format", "json (default) or csv.", "json"),
        ],
        Answers = [new(200, "The figures.", typeof(StatisticsView), Example)],
    };

    private const string Head = "start,bytes,begun,completed,failed,cancelled,expired,successRate,durationP50Ms,durationP95Ms,speedP50,"
        + "speedP95,retries,retriesPerGiB,savedBytes";

    private const string Figures = """
        {"bytes":1073741824,"begun":12,"completed":10,"failed":1,"cancelled":1,"expired":0,"successRate":0.9091,
         "durationMs":{"p50":4100,"p95":61000},"speed":{"p50":8400000,"p95":21000000},"retries":3,"retriesPerGiB":2.4,
         "savedBytes":25165824}
        """;

    private const string Example = $$"""
        {"from":"2026-01-30T09:00:00Z","to":"2026-01-31T09:00:00Z","step":"hour","tenant":null,
         "now":{"active":3,"bytesPerSecond":41200000,"protocols":[{"name":"tus","value":41200000}]},
         "total":{{Figures}},
         "points":[{"start":"2026-01-30T09:00:00Z","figures":{{Figures}}}],
         "cuts":[{"name":"disconnect","value":3}],"failures":[{"name":"no byte came for longer than allowed","value":1}],
         "networks":[{"name":"fast, steady","value":9}],"protocols":[{"name":"tus","value":1073741824}],"percentileError":0.044}
        """;
}

/// <summary>
/// Determines the tenant whose figures and history are requested: operators may name one or none for all; others get their own.
/// </summary>
internal static class StatisticsTenant
{
    /// <returns>The tenant; null for all tenants.</returns>
    public static string? Read(QueryReader reader, Caller caller)
    {
        var asked = reader.Text("tenant");
        if (caller.Scopes.HasFlag(Scopes.Operate))
            return asked;
        if (asked is not null && asked != caller.Tenant)
            reader.Refuse("Only operators ask for another tenant.");
        return caller.Tenant;
    }
}
