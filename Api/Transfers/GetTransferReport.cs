using System.Text;
using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

/// <summary>GET /api/transfers/{id}/report: every item, as CSV or as lines of JSON.</summary>
internal static class GetTransferReport
{
    private const int PageSize = 500;
    private const string JsonType = "application/x-ndjson";

    private static readonly byte[] NewLine = "\n"u8.ToArray();

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(TransferRoutes.One + "/report", HandleAsync).AlsoForHead()
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "format");
        var format = reader.Text("format") ?? "csv";
        if (format is not ("csv" or "json"))
            reader.Refuse("format must be csv or json.");
        if (reader.Refusal is { } refusal)
            return refusal;
        return await TransferRoutes.FindOwnAsync(id, context, transfers) is { } transfer
            ? new Report(transfer, format == "csv", transfers)
            : TransferRoutes.Absent;
    }

    private sealed class Report(Transfer transfer, bool csv, ITransferLedger transfers) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var (answer, stop) = (httpContext.Response, httpContext.RequestAborted);
            answer.ContentType = csv ? CsvText.MediaType : JsonType;
            answer.Headers.ContentDisposition = $"attachment; filename=\"transfer-{transfer.Id:n}.{(csv ? "csv" : "ndjson")}\"";
            if (HttpMethods.IsHead(httpContext.Request.Method))
                return;
            if (csv)
            {
                await WriteAsync(Encoding.UTF8.GetBytes(CsvText.Line(
                    "number", "kind", "path", "size", "state", "attempts", "restarts", "fault", "reason", "sha256", "verified by",
                    "result id", "started", "ended")));
            }

            IReadOnlyList<TransferItem> page;
            for (long after = 0;
                (page = await transfers.ItemsAsync(transfer.Id, null, null, after, PageSize, stop)).Count > 0; after = page[^1].Number)
            {
                foreach (var item in page.Select(TransferItemView.Of))
                {
                    if (csv)
                    {
                        await WriteAsync(Encoding.UTF8.GetBytes(CsvText.Line(
                            item.Number, item.Kind, item.Path, item.Size, item.State, item.Attempts, item.Restarts, item.Fault,
                            item.Reason, item.Sha256, item.VerifiedBy, item.ResultId, item.StartedAt, item.EndedAt)));
                    }
                    else
                    {
                        await WriteAsync(JsonSerializer.SerializeToUtf8Bytes(item, ApiJson.Out.TransferItemView));
                        await WriteAsync(NewLine);
                    }
                }
            }

            async ValueTask WriteAsync(byte[] bytes) => _ = await answer.BodyWriter.WriteAsync(bytes, stop);
        }
    }

    private static EndpointDoc Doc => new(
        TransferRoutes.Tag, nameof(GetTransferReport), "Report every file of a transfer", "All items with their results, to keep.")
    {
        Query = [new("format", "csv (default), or json: one object a line.", "csv")],
        Answers =
        [
            new(200, "The report.", typeof(string), "number,kind,path,size,state\r\n") { MediaType = "text/csv" },
        ],
        Errors = [RequestError.NoSuchTransfer],
    };
}
