using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Api.Connections;

/// <summary>GET /api/connections/{id}/items: lists a folder of the storage.</summary>
internal static class BrowseConnection
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(ConnectionRoutes.One + "/items", HandleAsync).AlsoForHead()
        .RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IConnectionLedger connections, ConnectorSet connectors)
    {
        var reader = new QueryReader(context.Request.Query, "folder", "cursor");
        var (folder, cursor) = (reader.Text("folder") ?? "", reader.Text("cursor"));
        if (cursor is not null && !Cursor.IsShort(cursor))
            reader.RefuseCursor();
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await ConnectionRoutes.FindAsync(id, context, connections) is not { } connection)
            return ConnectionRoutes.Absent;
        var source = connectors.Of(connection)?.Source(new ConnectorContext(context.Caller(), connection, NoCallLog.Instance));
        if (source is null)
            return Refusal.Of(RequestError.ConnectionFailed, "This storage cannot be read from.");
        var page = await source.ListAsync(folder, cursor, context.RequestAborted);
        return page.Ok
            ? JsonAnswer.Of(
                new ListOf<StorageItemView>([.. page.Value.Items.Select(StorageItemView.Of)], page.Value.Next),
                ApiJson.Out.ListOfStorageItemView)
            : ConnectionRoutes.Failed(page.Fault);
    }

    private static EndpointDoc Doc => new(
        ConnectionRoutes.Tag, nameof(BrowseConnection), "Look into a connection",
        "A page of what is in a folder, as the storage lists it. Without a folder: the places that the account has.")
    {
        Query =
        [
            new("folder", "The id of a folder of an earlier answer; missing: the places of the account.", "root"),
            new("cursor", "nextCursor of the previous page.", "~!!~AI9FV7"),
        ],
        Answers = [new(200, "A page.", typeof(ListOf<StorageItemView>), Examples.Page(StorageItemView.Example))],
        Errors = [RequestError.NoSuchConnection, RequestError.ConnectionFailed],
    };
}
