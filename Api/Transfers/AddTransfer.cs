using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

/// <summary>POST /api/transfers: a new transfer, which goes on by itself.</summary>
internal static class AddTransfer
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(TransferRoutes.All, HandleAsync).RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewTransferBody> validator, ITransferLedger transfers, IConnectionLedger connections,
        ConnectorSet connectors, TransferRights rights, TransferEngineOptions engine, WorkQueue queue,
        TimeProvider time)
    {
        // 1. What is asked for.
        var read = await JsonBody.ReadAsync(
            context, ApiJson.In.NewTransferBody, validator, null, context.RequestAborted, NewTransferValidator.MostBytes);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var options = NewTransferValidator.Of(body.Options);

        // 2. Both ends, with the caller's rights.
        var from = await EndAsync(body.Source!.Connection, caller, connections, options, stop);
        var to = await EndAsync(body.Destination!.Connection, caller, connections, options, stop);
        if (from is null || to is null)
            return Refusal.Of(RequestError.NoSuchConnection, "You have no connection with this id. GET /api/connections lists them.");
        var origin = body.Source.Addresses is null ? connectors.Of(from.Connection) : connectors.Find(WebAddress.KindName);
        if (origin?.Source(from) is not { } source)
            return Refusal.Of(RequestError.ConnectionFailed, "The source cannot be read from.");
        if (connectors.Of(to.Connection)?.Sink(to) is not { } sink)
            return Refusal.Of(RequestError.ConnectionFailed, "The destination cannot be written to.");

        // 3. What is to be moved, and where to.
        var chosen = new List<FoundItem>();
        // Each address is asked when its turn comes: one that does not answer fails alone.
        foreach (var address in (body.Source.Addresses ?? []).Select(line => WebAddress.Parse(line, out _)!))
        {
            var item = new SourceItem(origin.Stored(address.Line), address.Name, StorageItemKind.File);
            chosen.Add(new FoundItem(Guid.NewGuid(), null, item.Name, item));
        }

        foreach (var id in body.Source.Items ?? [])
        {
            var item = await source.StatAsync(id, stop);
            if (!item.Ok)
                return Refusal.Of(RequestError.ConnectionFailed, $"{item.Fault.Sentence} (source.items: {id})");
            chosen.Add(new FoundItem(Guid.NewGuid(), null, item.Value.Name, item.Value));
        }

        var folder = await sink.StatAsync(body.Destination.Folder!, stop);
        if (!folder.Ok)
            return Refusal.Of(RequestError.ConnectionFailed, $"{folder.Fault.Sentence} (destination.folder)");
        if (folder.Value.Kind != StorageItemKind.Folder)
            return Refusal.Of(RequestError.InvalidField, "destination.folder is no folder.");

        // 4.
        var transfer = new Transfer(
            Guid.NewGuid(), caller.Tenant, caller.Subject, caller.Scopes, caller.ApiKey, body.Label ?? "",
            body.Source.Addresses is null ? from.Connection?.Id : WebAddress.Source, to.Connection?.Id, folder.Value.Id, folder.Value.Name,
            options, NewTransferValidator.PriorityOf(body.Priority));
        if (await rights.OwnerAsync(transfer, stop) is null)
        {
            return Refusal.Of(
                RequestError.NotPermitted, "A transfer goes on without you, so make it as a user or with a key, not with a token.");
        }

        if (!await transfers.AddAsync(transfer, chosen, engine.MostOpenPerUser, stop))
        {
            return Refusal.Of(
                RequestError.TooManyTransfers, $"At most {engine.MostOpenPerUser} transfers of a user are open at once.");
        }

        queue.Wake();
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{TransferRoutes.All}/{transfer.Id:n}");
        return await transfers.FindAsync(caller, transfer.Id, stop) is { } added
            ? JsonAnswer.Of(TransferView.Of(added, time.GetUtcNow()), ApiJson.Out.TransferView, StatusCodes.Status201Created)
            : TransferRoutes.Absent;
    }

    private static async Task<ConnectorContext?> EndAsync(
        string? id, Caller caller, IConnectionLedger connections, TransferOptions options, CancellationToken cancellationToken)
    {
        if (id is null)
            return new ConnectorContext(caller, null, NoCallLog.Instance) { Options = options };
        return await connections.FindAsync(caller.Tenant, caller.Subject, Guid.ParseExact(id, "N"), cancellationToken) is { } connection
            ? new ConnectorContext(caller, connection, NoCallLog.Instance) { Options = options }
            : null;
    }

    private static EndpointDoc Doc => new(
        TransferRoutes.Tag, nameof(AddTransfer), "Move files",
        """
        Copies files and folders from one storage into a folder of another; nothing is removed at the source. The service does it by
        itself, with the caller's rights at each moment: a closed browser, a restart, a full destination or an ended sign-in only delay it.
        The source is a list of items, or of addresses of the web, which are never shown again.

            curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"source":{"items":["ENTRY"]},"destination":{"connection":"CONNECTION","folder":"root"}}' \
              http://127.0.0.1:8080/api/transfers
        """)
    {
        Json = new(
            typeof(NewTransferBody),
            $$"""
            {"label":"Photos to Drive","source":{"items":["{{Examples.Id}}"]},
             "destination":{"connection":"{{Examples.Id}}","folder":"root"},"options":{"exclude":["*.tmp"]} }
            """),
        Answers =
        [
            new(201, "The transfer.", typeof(TransferView), TransferView.Example)
            { Headers = [new("Location", "The transfer.", $"{TransferRoutes.All}/{Examples.Id}")] },
        ],
        Fails = TransferRoutes.Fails,
        Refuses =
        [
            RequestError.MalformedJson, RequestError.InvalidField, RequestError.MediaTypeNotSupported, RequestError.BodyTooLarge,
            RequestError.NoSuchConnection, RequestError.ConnectionFailed, RequestError.TooManyTransfers,
            RequestError.NotPermitted,
        ],
    };
}
