using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>POST /api/projects/{id}/transfers/{transfer}/approve and …/decline: the answer of the device's user.</summary>
internal static class AnswerFileTransfer
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(FileTransferRoutes.One + "/approve", ApproveAsync).RequireAuthorization(AccessPolicy.Projects).Document(ApproveDoc);
        routes.MapPost(FileTransferRoutes.One + "/decline", DeclineAsync).RequireAuthorization(AccessPolicy.Projects).Document(DeclineDoc);
    }

    private static Task<IResult> ApproveAsync(
        string id, string transfer, HttpContext context, IValidator<TransferAnswerBody> validator, IFileTransferLedger transfers,
        WorkQueue queue) => AnswerAsync(id, transfer, context, validator, transfers, queue, approve: true);

    private static Task<IResult> DeclineAsync(
        string id, string transfer, HttpContext context, IValidator<TransferAnswerBody> validator, IFileTransferLedger transfers,
        WorkQueue queue) => AnswerAsync(id, transfer, context, validator, transfers, queue, approve: false);

    private static async Task<IResult> AnswerAsync(
        string id, string transfer, HttpContext context, IValidator<TransferAnswerBody> validator, IFileTransferLedger transfers,
        WorkQueue queue, bool approve)
    {
        var read = await JsonBody.ReadAsync(
            context, ProjectJson.In.TransferAnswerBody, validator, new TransferAnswerBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await FileTransferRoutes.FindAsync(id, transfer, context) is not { } found)
            return FileTransferRefusals.Absent;
        var outcome = await transfers.AnswerAsync(
            found.Project, found.Id, context.Caller(), approve, body.For == "folder", context.RequestAborted);
        queue.Wake();
        return FileTransferRefusals.Of(outcome) is { } refused ? refused : await FileTransferRoutes.AnswerAsync(context, found);
    }

    private static EndpointDoc ApproveDoc => new(
        ProjectRoutes.Tag, "ApproveFileTransfer", "Approve a request for a file",
        "For the user of the device that has it. The approval applies to the version that was asked for, or, with `for` `folder`, for all "
            + "that the member asks for in this served folder, for 30 days.")
    {
        Json = new(typeof(TransferAnswerBody), """{"for":"version"}""", Required: false),
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors =
        [
            RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.TransferEnded, RequestError.AnsweredAlready,
        ],
    };

    private static EndpointDoc DeclineDoc => new(
        ProjectRoutes.Tag, "DeclineFileTransfer", "Decline a request for a file",
        "For the user of the device that has it. The transfer then fails; the member may ask again after an hour.")
    {
        Json = new(typeof(TransferAnswerBody), """{"for":"version"}""", Required: false),
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors =
        [
            RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.TransferEnded, RequestError.AnsweredAlready,
        ],
    };
}
