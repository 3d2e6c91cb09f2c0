using ChunkUpload.Api.Access;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

internal sealed record TransferStatisticsView
{
    public const string Example = $$"""
        {"days":30,"from":"2025-12-16T09:30:00.000Z","states":{"done":12,"partly_done":1,"waiting":1},
         "byDay":[{"day":"2026-01-15","done":2,"partlyDone":1,"failed":0,"cancelled":0,"files":180,"bytes":125829120}],
         "byConnection":[{"source":null,"destination":"{{Examples.Id}}","transfers":13,"files":1180,"bytes":8125829120,"skipped":4,
         "failed":2}],
         "failures":[{"fault":"gone","reason":"The file is not there any more.","files":2}],
         "verified":{"sha256":1170,"changed":2,"none":8},"waitedSeconds":{"rate_limit":412.5,"sign_in":3600} }
        """;

    public required int Days { get; init; }

    public required DateTimeOffset From { get; init; }

    /// <summary>How many transfers, by state: those that are open, and those that ended since then.</summary>
    public required IReadOnlyDictionary<string, double> States { get; init; }

    /// <summary>Those that ended, by day (UTC).</summary>
    public required IReadOnlyList<TransferDayView> ByDay { get; init; }

    /// <summary>From one storage to another, those with the most bytes first; at most 20.</summary>
    public required IReadOnlyList<TransferRouteView> ByConnection { get; init; }

    /// <summary>Files that failed, by kind and sentence, the most frequent first; at most 20. Sentences are shown to owners only.</summary>
    public required IReadOnlyList<TransferFailureView> Failures { get; init; }

    /// <summary>Files that are done, by the digest on which both ends agree; none; changed (by the storage).</summary>
    public required IReadOnlyDictionary<string, double> Verified { get; init; }

    /// <summary>By reason, of waits of more than ten seconds.</summary>
    public required IReadOnlyDictionary<string, double> WaitedSeconds { get; init; }

    public static TransferStatisticsView Of(TransferStatistics found, int days) => new()
    {
        Days = days,
        From = found.From,
        States = Numbers(found.States),
        ByDay =
        [
            .. found.Days.Select(day => new TransferDayView(
                day.Day, day.Done, day.PartlyDone, day.Failed, day.Cancelled, day.Files, day.Bytes)),
        ],
        ByConnection =
        [
            .. found.Routes.Select(one => new TransferRouteView(
                one.Source == WebAddress.Source ? WebAddress.KindName : one.Source?.ToString("n"),
                one.Destination?.ToString("n"), one.Transfers, one.Files, one.Bytes, one.Skipped, one.Failed)),
        ],
        Failures = [.. found.Failures.Select(one => new TransferFailureView(one.Fault, one.Reason, one.Files))],
        Verified = Numbers(found.Verified),
        WaitedSeconds = Numbers(found.Waits),
    };

    private static Dictionary<string, double> Numbers(IReadOnlyList<CountedWord> words) =>
        words.ToDictionary(one => one.Word, one => one.Count, StringComparer.Ordinal);
}

internal sealed record TransferDayView(DateOnly Day, long Done, long PartlyDone, long Failed, long Cancelled, long Files, long Bytes);

/// <param name="Source">The id of a connection; http: addresses of the web; null: the files of this service.</param>
internal sealed record TransferRouteView(
    string? Source, string? Destination, long Transfers, long Files, long Bytes, long Skipped, long Failed);

internal sealed record TransferFailureView(string Fault, string? Reason, long Files);

/// <summary>GET /api/transfers/stats: what was moved, what failed and why, what verification found, and for what it waited.</summary>
internal static class GetTransferStatistics
{
    private const int MostDays = 366;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(TransferRoutes.All + "/stats", HandleAsync).AlsoForHead()
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "days");
        var days = (int)(reader.Number("days", 1, MostDays) ?? 30);
        if (reader.Refusal is { } refusal)
            return refusal;
        var found = await transfers.StatisticsAsync(context.Caller(), TimeSpan.FromDays(days), context.RequestAborted);
        return JsonAnswer.Of(TransferStatisticsView.Of(found, days), ApiJson.Out.TransferStatisticsView);
    }

    private static EndpointDoc Doc => new(
        TransferRoutes.Tag, nameof(GetTransferStatistics), "Figures of transfers",
        "Of your own; for admins, of the tenant: by state, day and connection, with what failed, what verification found, and the waits.")
    {
        Query = [new("days", $"How many days back, 1 to {MostDays}; default 30.", "30") { IsNumber = true }],
        Answers = [new(200, "The figures.", typeof(TransferStatisticsView), TransferStatisticsView.Example)],
    };
}
