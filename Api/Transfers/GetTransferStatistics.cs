using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

internal sealed record TransferStatisticsView
{
    public const string Example = $$"""
        {"days":30,"from":"2025-12-16T09:30:00.000Z","states":{"done":12,"partly_done":1,"waiting":1},
         "byDay":[{"day":"2026-01-15","done":2,"partlyDone":1,"failed":0,"cancelled":0,"files":180,"bytes":125829120,
         "retries":2,"medianSeconds":14.2,"bytesPerSecond":8650112}],
         "byConnection":[{"source":null,"destination":"{{Examples.Id}}","transfers":13,"files":1180,"bytes":8125829120,"skipped":4,
         "failed":2,"retries":9,"medianSeconds":41.5,"bytesPerSecond":7340032}],
         "failures":[{"fault":"gone","reason":"The file is not there any more.","files":2}],
         "verified":{"sha256":1170,"changed":2,"none":8},"waitedSeconds":{"rate_limit":412.5,"sign_in":3600} }
        """;

    public required int Days { get; init; }

    public required DateTimeOffset From { get; init; }

    /// <summary>The number of transfers by state: open ones, and those that ended since then.</summary>
    public required IReadOnlyDictionary<string, double> States { get; init; }

    /// <summary>The ended transfers by day (UTC).</summary>
    public required IReadOnlyList<TransferDayView> ByDay { get; init; }

    /// <summary>The routes from one storage to another with the most bytes; at most 20.</summary>
    public required IReadOnlyList<TransferRouteView> ByConnection { get; init; }

    /// <summary>Files that failed, by kind and sentence, the most frequent first; at most 20. Sentences are shown to owners only.</summary>
    public required IReadOnlyList<TransferFailureView> Failures { get; init; }

    /// <summary>The number of copied files, by the digest that was equal at both ends; none; changed (by the storage).</summary>
    public required IReadOnlyDictionary<string, double> Verified { get; init; }

    /// <summary>The seconds by reason, of waits of more than ten seconds.</summary>
    public required IReadOnlyDictionary<string, double> WaitedSeconds { get; init; }

    public static TransferStatisticsView Of(TransferStatistics found, int days) => new()
    {
        Days = days,
        From = found.From,
        States = Numbers(found.States),
        ByDay =
        [
            .. found.Days.Select(day => new TransferDayView(
                day.Day, day.Done, day.PartlyDone, day.Failed, day.Cancelled, day.Files, day.Bytes, day.Paces.Retries, Seconds(day.Paces),
                Speed(day.Paces))),
        ],
        ByConnection =
        [
            .. found.Routes.Select(one => new TransferRouteView(
                EndOf(one.Source), EndOf(one.Destination), one.Transfers, one.Files, one.Bytes, one.Skipped, one.Failed,
                one.Paces.Retries, Seconds(one.Paces), Speed(one.Paces))),
        ],
        Failures = [.. found.Failures.Select(one => new TransferFailureView(one.Fault, one.Reason, one.Files))],
        Verified = Numbers(found.Verified),
        WaitedSeconds = Numbers(found.Waits),
    };

    /// <summary>Returns the id of a connection; <c>http</c> for web addresses; <c>null</c> for the files of this service.</summary>
    public static string? EndOf(Guid? end) => end == WebAddress.Source ? WebAddress.KindName : end?.ToString("n");

    public static double? Seconds(TransferPaces paces) => paces.Seconds is { } seconds ? Math.Round(seconds, 1) : null;

    public static long? Speed(TransferPaces paces) => (long?)paces.BytesPerSecond;

    private static Dictionary<string, double> Numbers(IReadOnlyList<CountedWord> words) =>
        words.ToDictionary(one => one.Word, one => one.Count, StringComparer.Ordinal);
}

/// <param name="Retries">The number of retries of files.</param>
/// <param name="MedianSeconds">The median duration of a transfer.</param>
/// <param name="BytesPerSecond">The average without waiting times.</param>
internal sealed record TransferDayView(
    DateOnly Day, long Done, long PartlyDone, long Failed, long Cancelled, long Files, long Bytes, long Retries, double? MedianSeconds,
    long? BytesPerSecond);

/// <param name="Source">The id of a connection; http for web addresses; null for the files of this service.</param>
/// <param name="Retries">The number of retries of files.</param>
/// <param name="MedianSeconds">The median duration of a transfer.</param>
/// <param name="BytesPerSecond">The average without waiting times.</param>
internal sealed record TransferRouteView(
    string? Source, string? Destination, long Transfers, long Files, long Bytes, long Skipped, long Failed, long Retries,
    double? MedianSeconds, long? BytesPerSecond);

internal sealed record TransferFailureView(string Fault, string? Reason, long Files);

/// <summary>GET /api/transfers/stats: returns figures of copied and failed files, verification and waiting times.</summary>
internal static class GetTransferStatistics
{
    private const int MostDays = 366;

    private const string Head = "day,source,destination,done,partlyDone,failed,cancelled,files,bytes,retries,medianSeconds,"
        + "bytesPerSecond";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(TransferRoutes.All + "/stats", HandleAsync).AlsoForHead()
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "days", "format");
        var days = (int)(reader.Number("days", 1, MostDays) ?? 30);
        var format = Exports.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        var (caller, window) = (context.Caller(), TimeSpan.FromDays(days));
        if (format == "csv")
        {
            var lines = await transfers.RouteDaysAsync(caller, window, context.RequestAborted);
            return new Export<TransferRouteDay>(
                true, "transfers", Head, Csv, _ => "",
                (last, _) => Task.FromResult<IReadOnlyList<TransferRouteDay>>(last is null ? lines : []));
        }

        var found = await transfers.StatisticsAsync(caller, window, context.RequestAborted);
        return JsonAnswer.Of(TransferStatisticsView.Of(found, days), ApiJson.Out.TransferStatisticsView);
    }

    private static string Csv(TransferRouteDay one)
    {
        var (day, paces) = (one.Day, one.Day.Paces);
        return CsvText.Line(
            day.Day.ToString("O", CultureInfo.InvariantCulture), TransferStatisticsView.EndOf(one.Source),
            TransferStatisticsView.EndOf(one.Destination), day.Done, day.PartlyDone, day.Failed, day.Cancelled, day.Files, day.Bytes,
            paces.Retries, TransferStatisticsView.Seconds(paces), TransferStatisticsView.Speed(paces));
    }

    private static EndpointDoc Doc => new(
        TransferRoutes.Tag, nameof(GetTransferStatistics), "Figures of transfers",
        "Of your own; for admins, of the tenant: by state, day and connection, with what failed, what verification found, and the waits. "
            + "`format=csv` has a line for each day and pair of connections, of what ended.")
    {
        Query =
        [
            new("days", $"How many days back, 1 to {MostDays}; default 30.", "30") { IsNumber = true },
            new("format", "json (default) or csv.", "json"),
        ],
        Answers = [new(200, "The figures.", typeof(TransferStatisticsView), TransferStatisticsView.Example)],
    };
}
