using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>PATCH and DELETE /api/projects/{id}/transfers/{transfer}, and POST …/retry: what its two ends say about a transfer.</summary>
internal static class ChangeFileTransfer
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPatch(FileTransferRoutes.One, ChangeAsync).RequireAuthorization(AccessPolicy.Projects).Document(ChangeDoc);
        routes.MapDelete(FileTransferRoutes.One, CancelAsync).RequireAuthorization(AccessPolicy.Projects).Document(CancelDoc);
        routes.MapPost(FileTransferRoutes.One + "/retry", RetryAsync).RequireAuthorization(AccessPolicy.Projects).Document(RetryDoc);
    }

    private static async Task<IResult> ChangeAsync(
        string id, string transfer, HttpContext context, IValidator<FileTransferChangeBody> validator, IFileTransferLedger transfers,
        FileReceivers receivers, ProjectOptions options, WorkQueue queue)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.FileTransferChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await FileTransferRoutes.FindAsync(id, transfer, context) is not { } found)
            return FileTransferRefusals.Absent;
        var caller = context.Caller();
        // The device and the requester may have the same key. Only the device sends a claim.
        var isSource = found.IsSentBy(caller) && (body.Claim is not null || !found.IsAskedBy(caller) || body.Status == "in_progress");
        if (body.Attempt is null && (isSource || body.Status == "in_progress"))
            return Refusal.Of(RequestError.InvalidField, "attempt must be the number of the attempt, as the transfer has it.");
        var outcome = body.Status == "in_progress"
            ? await transfers.ClaimAsync(
                found.Project, found.Id, caller, body.Attempt!.Value, body.Claim ?? Guid.Empty, receivers.IsThere(found),
                options.RelayBytes, context.RequestAborted)
            : await transfers.ChangeAsync(Of(body, found, caller, isSource), context.RequestAborted);
        queue.Wake();
        return FileTransferRefusals.Of(outcome) is { } refused ? refused : await FileTransferRoutes.AnswerAsync(context, found);
    }

    private static FileTransferChange Of(FileTransferChangeBody body, FileTransfer found, Core.Access.Caller caller, bool isSource)
    {
        var act = body.Status switch
        {
            "completed" => isSource ? FileTransferAct.Sent : FileTransferAct.Complete,
            "failed" => FileTransferAct.Fail,
            _ => FileTransferAct.Progress,
        };
        var codes = isSource ? TransferChangeValidator.SourceCodes : TransferChangeValidator.ReceiverCodes;
        return new FileTransferChange(found.Project, found.Id, caller, act)
        {
            Attempt = body.Attempt,
            Claim = isSource ? body.Claim ?? Guid.Empty : null,
            Bytes = body.BytesTransferred,
            Hash = Sha256Digest.TryParseHex(body.Hash, out var digest) ? digest.ToArray() : null,
            Code = codes.Contains(body.ErrorCode) ? body.ErrorCode : codes[1],
            Message = body.ErrorMessage is { Length: > 0 } message ? message
                : isSource ? "The device could not send the file." : "The receiver could not take the file.",
        };
    }

    private static async Task<IResult> CancelAsync(
        string id, string transfer, HttpContext context, IFileTransferLedger transfers, WorkQueue queue)
    {
        if (await FileTransferRoutes.FindAsync(id, transfer, context) is not { } found)
            return FileTransferRefusals.Absent;
        var outcome = await transfers.ChangeAsync(
            new FileTransferChange(found.Project, found.Id, context.Caller(), FileTransferAct.Cancel), context.RequestAborted);
        queue.Wake();
        return FileTransferRefusals.Of(outcome) is { } refused ? refused : await FileTransferRoutes.AnswerAsync(context, found);
    }

    private static async Task<IResult> RetryAsync(
        string id, string transfer, HttpContext context, IFileTransferLedger transfers, ProjectOptions options, WorkQueue queue)
    {
        if (await FileTransferRoutes.FindAsync(id, transfer, context) is not { } found)
            return FileTransferRefusals.Absent;
        var outcome = await transfers.RetryAsync(
            found.Project, found.Id, context.Caller(), found.Attempt, options.RelayBytes, context.RequestAborted);
        queue.Wake();
        return FileTransferRefusals.Of(outcome) is { } refused ? refused : await FileTransferRoutes.AnswerAsync(context, found);
    }

    private static EndpointDoc ChangeDoc => new(
        ProjectRoutes.Tag, "ChangeFileTransfer", "Say how a transfer goes",
        "The source, with the key of its device: `status` `in_progress` claims an attempt for the agent in `claim`; the bytes follow in a "
            + "session with `transferId` (POST /api/sessions). `completed` means that all was sent, `bytes_transferred` alone is progress. "
            + "The receiver: `completed` with the SHA-256 of what came, in `hash`. `failed` may be said by both. What comes late is "
            + "refused, the same again is not.")
    {
        Json = new(typeof(FileTransferChangeBody), $$"""{"status":"in_progress","attempt":1,"claim":"{{ProjectRoutes.ExampleId}}"}"""),
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors =
        [
            RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.TransferEnded, RequestError.TransferClaimed,
            RequestError.AttemptOver, RequestError.NotApproved, RequestError.ReceiverAway, RequestError.NoRelayRoom,
            RequestError.DayUsedUp, RequestError.NotSent, RequestError.HashMismatch,
        ],
    };

    private static EndpointDoc CancelDoc => new(
        ProjectRoutes.Tag, "CancelFileTransfer", "Cancel a request for a file",
        "By the requester. Of cancelling and completing, what comes first holds.")
    {
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors = [RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.TransferEnded],
    };

    private static EndpointDoc RetryDoc => new(
        ProjectRoutes.Tag, "RetryFileTransfer", "Begin a failed transfer anew",
        "By the requester: another attempt, with the version that the list has now. A declined one may begin again after an hour.")
    {
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors =
        [
            RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.NotFailed, RequestError.NoSuchFile,
            RequestError.DeclinedLately, RequestError.DayUsedUp, RequestError.TooLargeForRelay, RequestError.TooManyTransfers,
        ],
    };
}
