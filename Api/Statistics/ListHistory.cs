using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Statistics;

/// <summary>GET /api/history: lists uploads that ended, the newest first; as a page, or all of it as CSV or as lines of JSON.</summary>
internal static class ListHistory
{
    private const int ExportPage = 1000;

    private static readonly Pages Pages = new("-endedAt", 50, 200, CursorParts.Id | CursorParts.Time);
    private static readonly UploadState[] Ends = [UploadState.Completed, UploadState.Failed, UploadState.Cancelled, UploadState.Expired];
    private static readonly UploadProtocol[] Protocols =
        [UploadProtocol.Session, UploadProtocol.Put, UploadProtocol.Tus, UploadProtocol.Ietf, UploadProtocol.Transfer];

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/history", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, StatisticsCollector collector, IStatisticsLedger ledger)
    {
        var reader = new QueryReader(
            context.Request.Query, "state", "protocol", "name", "tenant", "from", "to", "format", "limit", "cursor");
        var caller = context.Caller();
        var page = Pages.Read(reader);
        var query = new HistoryQuery(StatisticsTenant.Read(reader, caller), caller.Owner)
        {
            States = States(reader),
            Protocol = Protocol(reader),
            Name = reader.Text("name") is { Length: > 0 } name ? name : null,
            From = reader.Time("from"),
            To = reader.Time("to"),
            Limit = page.Sought,
            After = page.After,
        };
        var format = Exports.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        await collector.FreshenAsync(context.RequestAborted);
        if (format is not null)
        {
            return new Export<FinishedUpload>(
                format == "csv", "history", Head, Csv, one => JsonSerializer.Serialize(HistoryView.Of(one), ApiJson.Out.HistoryView),
                (last, stop) => ledger.HistoryAsync(
                    query with { Limit = ExportPage, After = last is null ? query.After : KeyOf(last) }, stop));
        }

        var found = await ledger.HistoryAsync(query, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, KeyOf, HistoryView.Of), ApiJson.Out.ListOfHistoryView);
    }

    private static PageKey KeyOf(FinishedUpload last) => new(null, null, last.EndedAt, last.Id);

    private static string Csv(FinishedUpload row)
    {
        var one = HistoryView.Of(row);
        return CsvText.Line(
            one.Id, one.Tenant, one.Owner, one.Name, one.Protocol, one.State, one.Reason, one.Size, one.Received, one.BeganAt, one.EndedAt,
            one.DurationMs, one.Speed, one.Attempts, one.Cuts, one.Takeovers, one.SavedBytes, one.Network, one.Advice?.ChunkSize,
            one.Advice?.Concurrency, one.Advice?.LimitedBy, one.UserAgent);
    }

    private static List<UploadState> States(QueryReader reader)
    {
        var states = new List<UploadState>();
        foreach (var word in reader.Texts("state"))
        {
            if (StateNames.State(word) is { } state && Ends.Contains(state))
                states.Add(state);
            else
                reader.Refuse("state must be one or several of: completed, failed, cancelled, expired.");
        }

        return [.. states.Distinct()];
    }

    private static UploadProtocol? Protocol(QueryReader reader)
    {
        if (reader.Text("protocol") is not { Length: > 0 } word)
            return null;
        foreach (var protocol in Protocols)
        {
            if (StateNames.Of(protocol) == word)
                return protocol;
        }

        reader.Refuse("protocol must be session, put, tus or ietf.");
        return null;
    }

    private static EndpointDoc Doc => new(
        "Operations", nameof(ListHistory), "List ended uploads",
        """
        Completed, failed, cancelled and expired uploads, the newest first, each with its story: requests, breaks and their causes,
        takeovers, bytes that did not have to be sent again, duration, mean speed, the last advice and the client. It outlives
        the uploads, for as long as Statistics:KeepFor says. Callers see their own, admins their tenant's, operators all. `format=csv` and
        `format=json` (one object a line) export everything that the filters let through.

            curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:8080/api/history?state=failed&format=csv"
        """)
    {
        Query =
        [
            new("state", "One or several of completed, failed, cancelled, expired; commas between.", "failed,expired"),
            new("protocol", "session, put, tus or ietf.", "tus"),
            new("name", "A part of the file name; the case does not matter.", "holiday"),
            new("tenant", "Only of this tenant; for operators.", "default"),
            new("from", "Only those that ended from this time on.", "2026-01-30T09:00:00Z"),
            new("to", "Only those that ended before this time.", "2026-01-31T09:00:00Z"),
            Exports.Parameter,
            .. Pages.Parameters,
        ],
        Answers = [new(200, "A page.", typeof(ListOf<HistoryView>), Examples.Page(Example))],
    };

    private const string Head = "id,tenant,owner,name,protocol,state,reason,size,received,beganAt,endedAt,durationMs,speed,attempts,cuts,"
        + "takeovers,savedBytes,network,chunkSize,concurrency,limitedBy,userAgent";

    private const string Example = """
        {"id":"8f14e45fceea167a5a36dedd4bea2543","tenant":"default","owner":"operator","name":"holiday.mp4","protocol":"session",
         "state":"completed","reason":null,"size":20971520,"received":20971520,"beganAt":"2026-01-30T09:30:00Z",
         "endedAt":"2026-01-30T09:30:41Z","durationMs":41000,"speed":511500,"attempts":4,"cuts":1,"causes":{"disconnect":1},"takeovers":0,
         "savedBytes":3145728,"network":"medium, unsteady","advice":{"chunkSize":8388608,"concurrency":4,"limitedBy":"growth"},
         "userAgent":"curl/8.14.1"}
        """;
}
