using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>
/// PATCH and DELETE /api/projects/{id}/transfers/{transfer}, and POST …/retry: reports of the source and the receiver about a transfer.
/// </summary>
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
        FileReceivers receivers, StraightWays ways, ProjectOptions options, StraightProgress progress, WorkQueue queue)
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
        if (body.Way is { } way)
            return await SetWayAsync(context, found, body, FileTransferWords.Way(way), ways, options);
        // The source sends its listening addresses with each change; missing addresses are removed.
        var fault = isSource && body.Attempt == found.Attempt
            ? await ways.FaultAsync(found, body.Addresses, context.RequestAborted)
            : StraightWays.NotListening;
        var outcome = body.Status == "in_progress"
            ? await transfers.ClaimAsync(
                found.Project, found.Id, caller,
                new FileClaim(body.Attempt!.Value, body.Claim ?? Guid.Empty, receivers.IsThere(found), fault), options.RelayBytes,
                context.RequestAborted)
            : await transfers.ChangeAsync(Of(body, found, caller, isSource), context.RequestAborted);
        queue.Wake();
        if (outcome == FileTransferOutcome.Ok && found.Way != FileWay.Relay && body is { Status: null, BytesTransferred: { } moved })
            progress.Report(found, moved);
        return FileTransferRefusals.Of(outcome) is { } refused ? refused : await FileTransferRoutes.AnswerAsync(context, found);
    }

    /// <summary>Sets the path after the receiver has tried to connect to the source.</summary>
    private static async Task<IResult> SetWayAsync(
        HttpContext context, FileTransfer found, FileTransferChangeBody body, FileWay way, StraightWays ways, ProjectOptions options)
    {
        var caller = context.Caller();
        if (!found.IsAskedBy(caller))
            return FileTransferRefusals.Of(FileTransferOutcome.NotRequester)!;
        var missing = body.Missing?.Select(range => new ByteRange(range!.Offset, range.Length)).ToList();
        if (missing?.Any(range => range.End > found.Size) == true)
            return Refusal.Of(RequestError.InvalidField, "missing must have ranges of the file alone.");
        var device = await ways.NoteAsync(found, caller, context.RequestAborted);
        if (way != FileWay.Relay && (await ways.ViewAsync(found, caller, device, context.RequestAborted)).Ticket is null)
        {
            return Refusal.Of(
                RequestError.NoStraightWay,
                "The source does not accept connections of devices at the moment, an administrator forbids it, or the key is that of no "
                    + "device with a fingerprint. Take the relay.");
        }

        var outcome = await context.RequestServices.GetRequiredService<IStraightLedger>().SetWayAsync(
            found, caller, body.Attempt, way, body.WayReason, missing, options.RelayBytes, context.RequestAborted);
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
                : isSource ? "The device could not send the file." : "The receiver could not store the file.",
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
        string id, string transfer, HttpContext context, IFileTransferLedger transfers, StraightWays ways, ProjectOptions options,
        WorkQueue queue)
    {
        if (await FileTransferRoutes.FindAsync(id, transfer, context) is not { } found)
            return FileTransferRefusals.Absent;
        var outcome = await transfers.RetryAsync(
            found.Project, found.Id, context.Caller(), found.Attempt, options.RelayBytes,
            await ways.ReceiverAsync(context.Caller(), context.RequestAborted) is not null, context.RequestAborted);
        queue.Wake();
        return FileTransferRefusals.Of(outcome) is { } refused ? refused : await FileTransferRoutes.AnswerAsync(context, found);
    }

    private static EndpointDoc ChangeDoc => new(
        ProjectRoutes.Tag, "ChangeFileTransfer", "Report the progress of a transfer",
        "The source, with the key of its device: `status` `in_progress` claims an attempt for the agent in `claim`; the bytes follow in a "
            + "session with `transferId` (POST /api/sessions). `completed` means that all was sent, `bytes_transferred` alone is progress. "
            + "The receiver: `completed` with the SHA-256 of what came, in `hash`. `failed` may be said by both. What comes late is "
            + "refused, the same again is not. A source that listens for other devices names its `addresses` with each change, and the "
            + "receiver that reaches it, or does not, says so in `way`; with `missing`, only these ranges of the file are relayed.")
    {
        Json = new(typeof(FileTransferChangeBody), $$"""{"status":"in_progress","attempt":1,"claim":"{{ProjectRoutes.ExampleId}}"}"""),
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors =
        [
            RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.TransferEnded, RequestError.TransferClaimed,
            RequestError.AttemptOver, RequestError.NotApproved, RequestError.ReceiverAway, RequestError.NoRelayRoom,
            RequestError.DayUsedUp, RequestError.NotSent, RequestError.HashMismatch, RequestError.StraightOnly, RequestError.NoStraightWay,
        ],
    };

    private static EndpointDoc CancelDoc => new(
        ProjectRoutes.Tag, "CancelFileTransfer", "Cancel a request for a file",
        "For the requester. If it is cancelled and completed at the same time, the first one counts.")
    {
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors = [RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.TransferEnded],
    };

    private static EndpointDoc RetryDoc => new(
        ProjectRoutes.Tag, "RetryFileTransfer", "Start a failed transfer again",
        "For the requester: another attempt, with the version that the list has now. A declined one may start again after an hour.")
    {
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors =
        [
            RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.NotFailed, RequestError.NoSuchFile,
            RequestError.DeclinedLately, RequestError.DayUsedUp, RequestError.TooLargeForRelay, RequestError.TooManyTransfers,
            RequestError.StraightOnly,
        ],
    };
}
