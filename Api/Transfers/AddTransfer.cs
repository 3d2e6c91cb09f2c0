using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

/// <summary>POST /api/transfers: creates a transfer, which runs in the background.</summary>
internal static class AddTransfer
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(TransferRoutes.All, HandleAsync).RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewTransferBody> validator, ITransferLedger transfers, TransferMaker maker, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(
            context, ApiJson.In.NewTransferBody, validator, null, context.RequestAborted, NewTransferValidator.MostBytes);
        if (read.Value is not { } body)
            return read.Refusal!;
        var keyed = IdempotencyKey.Read(context.Request.Headers[IdempotencyKey.Header], out var key);
        if (keyed is FieldStatus.Malformed or FieldStatus.Contradictory)
            return IdempotencyKey.Malformed;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        if (TransferRoutes.FaultOf(body.Deadline, "deadline", time.GetUtcNow()) is { } late)
            return late;
        var request = key is null ? null : new KeyedRequest(key, IdempotencyKey.HashOf(body, ApiJson.In.NewTransferBody));
        var draft = body.ToDraft() with { Request = request, AllowEqual = body.AllowEqual == true };
        var (made, refusal) = await maker.MakeAsync(caller, draft, stop);
        if (refusal is not null)
            return RefusalOf(refusal);
        if (made!.Replayed)
            context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{TransferRoutes.All}/{made!.Id:n}");
        return await transfers.FindAsync(caller, made.Id, stop) is { } added
            ? JsonAnswer.Of(
                TransferView.Of(added, time.GetUtcNow(), caller.Subject), ApiJson.Out.TransferView, StatusCodes.Status201Created)
            : TransferRoutes.Absent;
    }

    internal static Refusal RefusalOf(DraftRefusal refusal)
    {
        if (refusal.Fault == DraftFault.OtherRequest)
            return Refusal.Of(UploadError.IdempotencyMismatch, refusal.Detail);
        return Refusal.Of(new RequestFailure(ErrorOf(refusal.Fault), refusal.Detail) { Transfer = refusal.Transfer?.ToString("n") });

        static RequestError ErrorOf(DraftFault fault) => fault switch
        {
            DraftFault.NoSuchConnection => RequestError.NoSuchConnection,
            DraftFault.NoFolder or DraftFault.Circle or DraftFault.NoReading or DraftFault.NoRemoving => RequestError.InvalidField,
            DraftFault.NotPermitted => RequestError.NotPermitted,
            DraftFault.TooMany => RequestError.TooManyTransfers,
            DraftFault.Equal => RequestError.EqualTransferOpen,
            _ => RequestError.ConnectionFailed,
        };
    }

    private static EndpointDoc Doc => new(
        TransferRoutes.Tag, nameof(AddTransfer), "Move files",
        """
        Copies files and folders from one storage into a folder of another; nothing is removed at the source. The service does it by
        itself, with the caller's rights at each moment: a closed browser, a restart, a full destination or an ended sign-in only delay it.
        The source is a list of items, or of addresses of the web, which are never shown again.
        With `plan` nothing moves before its plan is approved.

        With an `Idempotency-Key` a repeated request gets the transfer of the first one (and `Idempotency-Replayed: true`); another body
        under the same key is refused. If a transfer that does the same is still open, the answer is 409 with its id in `transfer`;
        `allowEqual` begins another one.

            curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"source":{"items":["ENTRY"]},"destination":{"connection":"CONNECTION","folder":"root"}}' \
              http://127.0.0.1:8080/api/transfers
        """)
    {
        Headers = [new(IdempotencyKey.Header, "1 to 255 visible ASCII characters, fresh for each transfer.", "b3c1f5de-photos")],
        Json = new(
            typeof(NewTransferBody),
            $$"""
            {"label":"Photos to Drive","source":{"items":["{{Examples.Id}}"]},
             "destination":{"connection":"{{Examples.Id}}","folder":"root"},"options":{"exclude":["*.tmp"]} }
            """),
        Answers =
        [
            new(201, "The transfer.", typeof(TransferView), TransferView.Example)
            {
                Headers =
                [
                    new("Location", "The transfer.", $"{TransferRoutes.All}/{Examples.Id}"),
                    new(IdempotencyKey.ReplayedHeader, "An earlier request with the same key has made it.", "true"),
                ],
            },
        ],
        Errors =
        [
            RequestError.InvalidHeader, RequestError.NoSuchConnection, RequestError.ConnectionFailed, RequestError.TooManyTransfers,
            RequestError.EqualTransferOpen, UploadError.IdempotencyMismatch,
        ],
    };
}
