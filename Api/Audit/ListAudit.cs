using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;

namespace ChunkUpload.Api.Audit;

/// <summary>GET /api/audit: who did what, the newest first; as a page, or all of it as CSV or as lines of JSON.</summary>
internal static class ListAudit
{
    private static readonly Pages Pages = new("audit", 100, 1000, CursorParts.Number);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/audit", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, IAuditLedger audit)
    {
        var reader = new QueryReader(
            context.Request.Query, "tenant", "subject", "kind", "target", "from", "to", "format", "limit", "cursor");
        var caller = context.Caller();
        var everywhere = caller.Scopes.HasFlag(Scopes.Operate);
        var page = Pages.Read(reader);
        var query = new AuditQuery(
            everywhere ? reader.Text("tenant") : caller.Tenant, reader.Text("subject"), reader.Text("kind"), reader.Text("target"),
            reader.Time("from"), reader.Time("to"), page.Number, page.Sought);
        var format = Exports.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (format is not null)
        {
            return new Export<AuditRow>(
                format == "csv", "audit", "number,at,tenant,subject,credential,address,kind,target,data", Csv,
                row => JsonSerializer.Serialize(AuditView.Of(row), ApiJson.Out.AuditView),
                (last, stop) => audit.ListAsync(query with { Limit = Pages.Most, Before = last?.Number ?? query.Before }, stop));
        }

        var rows = await audit.ListAsync(query, context.RequestAborted);
        return JsonAnswer.Of(page.Of(rows, row => row.Number, AuditView.Of), ApiJson.Out.ListOfAuditView);
    }

    private static string Csv(AuditRow row) => CsvText.Line(
        row.Number, row.At, row.Tenant, row.Subject, row.Credential, row.Address, row.Kind, row.Target, row.Data);

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
            Exports.Parameter,
            .. Pages.Parameters,
        ],
        Answers = [new(200, "A page.", typeof(ListOf<AuditView>), Examples.Page(Example))],
    };

    private const string Example = """
        {"number":17,"at":"2026-01-30T09:30:00Z","tenant":"default","subject":"operator","credential":null,"address":"127.0.0.1",
         "kind":"upload.completed","target":"8f14e45fceea167a5a36dedd4bea2543","data":{"name":"holiday.mp4","size":20971520}}
        """;
}
