using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

/// <summary>GET /api/transfers/{id}/report: returns all items, as CSV or as lines of JSON.</summary>
internal static class GetTransferReport
{
    private const int PageSize = 500;
    private const string Head =
        "number,kind,path,size,state,attempts,restarts,fault,reason,sha256,verified by,result id,started,ended,"
        + "target name,modified,target modified,note,removed,kept because";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(TransferRoutes.One + "/report", HandleAsync).AlsoForHead()
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "format");
        var format = Exports.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        return await TransferRoutes.FindOwnAsync(id, context, transfers) is { } transfer
            ? new Export<TransferItem>(
                format != "json", $"transfer-{transfer.Id:n}", Head, Csv,
                item => JsonSerializer.Serialize(TransferItemView.Of(item), ApiJson.Out.TransferItemView),
                (last, stop) => transfers.ItemsAsync(transfer.Id, null, null, last?.Number ?? 0, PageSize, stop))
            : TransferRoutes.Absent;
    }

    private static string Csv(TransferItem row)
    {
        var item = TransferItemView.Of(row);
        return CsvText.Line(
            item.Number, item.Kind, item.Path, item.Size, item.State, item.Attempts, item.Restarts, item.Fault, item.Reason, item.Sha256,
            item.VerifiedBy, item.ResultId, item.StartedAt, item.EndedAt, item.TargetName, item.ModifiedAt,
            item.TargetModifiedAt, item.Note, item.Removed switch { true => "yes", false => "no", _ => null }, item.KeptReason);
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
