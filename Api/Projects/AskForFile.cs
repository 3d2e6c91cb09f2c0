using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>POST /api/projects/{id}/files/download: a member requests a file of a device.</summary>
internal static class AskForFile
{
    // 10,000 paths.
    private const int MostBytes = 4 << 20;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(ProjectRoutes.One + "/files/download", HandleAsync).RequireAuthorization(AccessPolicy.Projects).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IValidator<FileRequestBody> validator, IProjectLedger projects, IDeviceLedger devices,
        IFileTransferLedger transfers, FileReceivers receivers, StraightWays ways, AskForFiles several, ProjectOptions options,
        WorkQueue queue, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.FileRequestBody, validator, null, context.RequestAborted, MostBytes);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var caller = context.Caller();
        if (body.TargetDeviceId is { } target && !await IsOwnAsync(caller, target, devices, context.RequestAborted))
        {
            return Refusal.Of(
                RequestError.NotYourDevice, "target_device_id must be a device of your own. GET /api/devices lists them.");
        }

        if (body.IsBatch)
            return await several.AskAsync(project, body, context);
        var asked = await transfers.AskAsync(
            new WantedFile(
                Guid.NewGuid(), caller, project.Id, body.FilePath!,
                Sha256Digest.TryParseHex(body.FileHash, out var digest) ? digest.ToArray() : null, body.TargetDeviceId,
                await ways.ReceiverAsync(caller, context.RequestAborted) is not null),
            options.RelayBytes, context.RequestAborted);
        if (asked is { Outcome: FileTransferOutcome.Changed, Hash: { } present })
        {
            return Refusal.Of(new RequestFailure(RequestError.FileChanged, "The file has another digest now: the one in hash.")
            {
                Hash = Convert.ToHexStringLower(present),
            });
        }

        // The daily limit is available again on the next day.
        var pause = asked.Outcome == FileTransferOutcome.DayUsedUp ? TimeSpan.FromDays(1) - time.GetUtcNow().TimeOfDay : asked.Pause;
        if (FileTransferRefusals.Of(asked.Outcome, pause) is { } refused)
            return asked.Outcome == FileTransferOutcome.Absent ? ProjectRoutes.Absent : refused;
        queue.Wake();
        if (await transfers.FindAsync(caller, project.Id, asked.Id!.Value, context.RequestAborted) is not { } transfer)
            return FileTransferRefusals.Absent;
        _ = await ways.NoteAsync(transfer, caller, context.RequestAborted);
        await receivers.NoteAsync(transfer, caller, context.RequestAborted);
        return JsonAnswer.Of(
            new FileDownloadView(
                true, transfer.Id,
                new AskedFileView(
                    transfer.Path, transfer.Size, transfer.Hash is { } hash ? Convert.ToHexStringLower(hash) : null, transfer.MimeType),
                TransferInfoView.Of(transfer), FileTransferWords.Of(transfer.Status), FileTransferWords.Of(transfer.Answer)),
            ProjectJson.Out.FileDownloadView);
    }

    private static async Task<bool> IsOwnAsync(
        Core.Access.Caller caller, Guid device, IDeviceLedger devices, CancellationToken cancellationToken) =>
        caller.User is { } user
        && (await devices.ListAsync(caller.Tenant, user, cancellationToken)).Any(one => one.Id == device && one.RevokedAt is null);

    private static EndpointDoc Doc => new(
        ProjectRoutes.Tag, nameof(AskForFile), "Ask for files of devices",
        "For members. Where the device's user wants to be asked, the transfer waits for an answer. The device sends the file when it and "
            + "the receiver are there; `transfer_info.address` can be read while the bytes come. Asked again for the same version, the "
            + "answer is the transfer that is open. With `prefix` or `paths`, a batch of transfers is asked for at once, at most 10,000: "
            + "it is answered and cancelled as one (`…/batches`).")
    {
        Json = new(typeof(FileRequestBody), """{"file_path":"/line-14/a.xtf","request_mode":"full"}"""),
        Answers =
        [
            new(200, "The transfer.", typeof(FileDownloadView), $$"""
                {"success":true,"download_id":"{{ProjectRoutes.ExampleId}}",
                 "file":{"path":"/line-14/a.xtf","size":73400320,"hash":null,"mime_type":"application/octet-stream"},
                 "transfer_info":{{FileTransferRoutes.Info}},"status":"pending","approval":"waiting"}
                """),
            new(202, "The batch, for `prefix` or `paths`.", typeof(FilesAskedView), $$"""
                {"success":true,"download_id":"{{ProjectRoutes.ExampleId}}","batch_id":"{{ProjectRoutes.ExampleId}}",
                 "batch":{{FileBatches.Example}},"rejected":[{"path":"/line-14/big.xtf","code":"too_large_for_relay"}]}
                """),
        ],
        Errors =
        [
            RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NotYourDevice, RequestError.NoSuchFile,
            RequestError.FileChanged, RequestError.DeclinedLately, RequestError.DayUsedUp, RequestError.TooLargeForRelay,
            RequestError.TooManyTransfers, RequestError.StraightOnly,
        ],
    };
}
