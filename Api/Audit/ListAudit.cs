using System.Text;
using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;

namespace ChunkUpload.Api.Audit;

/// <summary>GET /api/audit: who did what, the newest first; as a page, or all of it as CSV or as lines of JSON.</summary>
internal static class ListAudit
{
    private const int DefaultLimit = 100;
    private const int MostLimit = 1000;
    private const string List = "audit";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/audit", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, IAuditLedger audit)
    {
        var reader = new QueryReader(
            context.Request.Query, "tenant", "subject", "kind", "target", "from", "to", "format", "limit", "cursor");
        var caller = context.Caller();
        var everywhere = caller.Scopes.HasFlag(Scopes.Operate);
        var query = new AuditQuery(
            everywhere ? reader.Text("tenant") : caller.Tenant, reader.Text("subject"), reader.Text("kind"), reader.Text("target"),
            reader.Time("from"), reader.Time("to"), null, (int)(reader.Number("limit", 1, MostLimit) ?? DefaultLimit));
        if (reader.Text("cursor") is { Length: > 0 } cursor)
        {
            if (Cursor.TryReadOffset(cursor, List, out var before))
                query = query with { Before = before };
            else
                reader.RefuseCursor();
        }

        var format = reader.Text("format");
        if (format is not (null or "csv" or "json"))
            reader.Refuse("format must be csv or json.");
        if (reader.Refusal is { } refusal)
            return refusal;
        if (format is not null)
            return new AuditExport(audit, query with { Limit = MostLimit }, format == "csv");
        var rows = await audit.ListAsync(query with { Limit = query.Limit + 1 }, context.RequestAborted);
        var page = rows.Take(query.Limit).ToList();
        var next = rows.Count > query.Limit ? Cursor.WriteOffset(List, page[^1].Number) : null;
        return JsonAnswer.Of(new ListOf<AuditView>([.. page.Select(AuditView.Of)], next), ApiJson.Out.ListOfAuditView);
    }

    private static EndpointDoc Doc => new(
        "Access", nameof(ListAudit), "List who did what",
        """
        Sign-ins, changes of users, keys and tenants, uploads, downloads, moves and deletions, the newest first. Admins see their tenant,
        operators all. `format=csv` and `format=json` (one object a line) export everything that the filters let through.

            curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:8080/api/audit?kind=upload&format=csv"
        """)
    {
        Query =
        [
            new("tenant", "Only of this tenant; for operators.", "default"),
            new("subject", "Only what this subject did.", "operator"),
            new("kind", "Only this kind of act, or all that begin with the word before its dot.", "upload"),
            new("target", "Only what was done to this.", Examples.Id),
            new("from", "Only from this time on.", "2026-01-30T09:00:00Z"),
            new("to", "Only before this time.", "2026-01-31T09:00:00Z"),
            new("format", "csv or json: all of it, as a file.", "csv"),
            new("limit", $"1 to {MostLimit}; default {DefaultLimit}.", "100"),
            new("cursor", "nextCursor of the previous page.", "eyJzb3J0IjoiYXVkaXQifQ"),
        ],
        Answers = [new(200, "A page.", typeof(ListOf<AuditView>), Examples.Page(Example))],
    };

    private const string Example = """
        {"number":17,"at":"2026-01-30T09:30:00Z","tenant":"default","subject":"operator","credential":null,"address":"127.0.0.1",
         "kind":"upload.completed","target":"8f14e45fceea167a5a36dedd4bea2543","data":{"name":"holiday.mp4","size":20971520}}
        """;
}

/// <summary>Everything that a query finds, page by page, as a file.</summary>
internal sealed class AuditExport(IAuditLedger audit, AuditQuery query, bool csv) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = csv ? CsvText.MediaType : "application/x-ndjson";
        response.Headers.ContentDisposition = $"attachment; filename=\"audit.{(csv ? "csv" : "ndjson")}\"";
        if (HttpMethods.IsHead(httpContext.Request.Method))
            return;
        await using var writer = new System.IO.StreamWriter(response.Body, new UTF8Encoding(false));
        if (csv)
            await writer.WriteAsync("number,at,tenant,subject,credential,address,kind,target,data\r\n");
        var page = query;
        while (await audit.ListAsync(page, httpContext.RequestAborted) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
                await writer.WriteAsync(csv ? Csv(row) : JsonSerializer.Serialize(AuditView.Of(row), ApiJson.Out.AuditView) + "\n");
            await writer.FlushAsync(httpContext.RequestAborted);
            page = page with { Before = rows[^1].Number };
        }
    }

    private static string Csv(AuditRow row) => CsvText.Line(
        row.Number, row.At, row.Tenant, row.Subject, row.Credential, row.Address, row.Kind, row.Target, row.Data);
}
