using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Api.Transfers;

/// <summary>Pauses, resumes, cancels and retries transfers, and removes notices.</summary>
internal static class ControlTransfer
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(TransferRoutes.One + "/pause", PauseAsync).RequireAuthorization(AccessPolicy.Transfers).Document(
            DocOf("PauseTransfer", "Pause a transfer", "What was moved stays, and a file that is being copied resumes later."));
        routes.MapPost(TransferRoutes.One + "/resume", ResumeAsync).RequireAuthorization(AccessPolicy.Transfers).Document(
            DocOf("ResumeTransfer", "Resume a transfer", "Also retries waiting files at once. Only for the owner."));
        routes.MapPost(TransferRoutes.One + "/cancel", CancelAsync).RequireAuthorization(AccessPolicy.Transfers).Document(
            DocOf("CancelTransfer", "Cancel a transfer", "What was moved stays at the destination; unfinished files are discarded."));
        routes.MapPost(TransferRoutes.One + "/retry", RetryAsync).RequireAuthorization(AccessPolicy.Transfers).Document(
            DocOf("RetryTransfer", "Try again what failed", "Only for the owner. Files that were cancelled before they were moved "
                + "continue, too."));
        routes.MapDelete(TransferRoutes.One + "/notice", SeenAsync).RequireAuthorization(AccessPolicy.Transfers).Document(SeenDoc);
    }

    private static async Task<IResult> PauseAsync(
        string id, HttpContext context, ITransferLedger transfers, TransferRights rights, TimeProvider time)
    {
        if (await TransferRoutes.FindAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        if (!await transfers.PauseAsync(transfer, context.RequestAborted))
            return TransferRoutes.Ended;
        rights.Stop(transfer.Id);
        return await ViewAsync(id, context, transfers, time);
    }

    private static async Task<IResult> ResumeAsync(
        string id, HttpContext context, ITransferLedger transfers, WorkQueue queue, TimeProvider time)
    {
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        if (!await transfers.ResumeAsync(transfer, context.RequestAborted))
            return TransferRoutes.Ended;
        queue.Wake();
        return await ViewAsync(id, context, transfers, time);
    }

    private static async Task<IResult> CancelAsync(
        string id, HttpContext context, ITransferLedger transfers, TransferRights rights, WorkQueue queue, TimeProvider time)
    {
        if (await TransferRoutes.FindAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        if (!await transfers.CancelAsync(transfer, context.RequestAborted))
            return TransferRoutes.Ended;
        rights.Stop(transfer.Id);
        queue.Wake();
        return await ViewAsync(id, context, transfers, time);
    }

    private static async Task<IResult> RetryAsync(
        string id, HttpContext context, ITransferLedger transfers, WorkQueue queue, TimeProvider time)
    {
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        if (await transfers.RetryAsync(transfer, context.RequestAborted) == 0)
            return Refusal.Of(RequestError.TransferEnded, "Nothing of this transfer has failed.");
        queue.Wake();
        return await ViewAsync(id, context, transfers, time);
    }

    private static async Task<IResult> SeenAsync(string id, HttpContext context, ITransferLedger transfers)
    {
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        await transfers.SeenNoticeAsync(transfer.Id, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ViewAsync(string id, HttpContext context, ITransferLedger transfers, TimeProvider time) =>
        await TransferRoutes.FindAsync(id, context, transfers) is { } transfer
            ? JsonAnswer.Of(TransferView.Of(transfer, time.GetUtcNow(), context.Caller().Subject), ApiJson.Out.TransferView)
            : TransferRoutes.Absent;

    private static EndpointDoc SeenDoc => new(
        TransferRoutes.Tag, "DeleteTransferNotice", "Take away a notice", "Its owner has seen what the console shows of it.")
    {
        Answers = [new(204, "It is not shown again.")],
        Errors = [RequestError.NoSuchTransfer],
    };

    private static EndpointDoc DocOf(string name, string summary, string description) =>
        new(TransferRoutes.Tag, name, summary, description)
        {
            Answers = [new(200, "The transfer as it is now.", typeof(TransferView), TransferView.Example)],
            Errors = [RequestError.NoSuchTransfer, RequestError.TransferEnded],
        };
}
