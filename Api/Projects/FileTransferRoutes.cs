using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>Shared parts of the endpoints for files that members request.</summary>
internal static class FileTransferRoutes
{
    public const string All = ProjectRoutes.One + "/transfers";
    public const string One = All + "/{transfer}";

    public const string Info = $$"""
        {"protocol":"http","source_device_id":"{{ProjectRoutes.ExampleId}}","expires_at":"2026-01-22T09:30:12.000Z","way":"relay",
         "address":"/api/projects/{{ProjectRoutes.ExampleId}}/transfers/{{ProjectRoutes.ExampleId}}/content"}
        """;

    public const string Example = $$"""
        {"id":"{{ProjectRoutes.ExampleId}}","status":"in_progress","approval":"approved","attempt":1,"file_path":"/line-14/a.xtf",
         "file_hash":null,"bytes_transferred":524288000,"total_bytes":1048576000,"percent_complete":50,"speed_mbps":12.5,
         "eta_seconds":40,"source_device":{"id":"{{ProjectRoutes.ExampleId}}","name":"Mara's laptop","online":true},
         "transfer_info":{{Info}},"requested_at":"2026-01-15T09:30:12.000Z","started_at":"2026-01-15T09:31:00.000Z",
         "completed_at":null,"error_message":null,"error_code":null,"project_id":"{{ProjectRoutes.ExampleId}}",
         "folder_id":"{{ProjectRoutes.ExampleId}}","batch_id":null,
         "requester":{"subject":"user:8f14e45fceea167a5a36dedd4bea2543","name":"Ines Okafor"},"mime_type":"application/octet-stream",
         "modified_at":"2026-01-15T09:30:12.000Z","waits_for":null,"role":"requester","all_sent":false}
        """;

    public static void MapFileTransfers(this IEndpointRouteBuilder routes)
    {
        AskForFile.Map(routes);
        ReadFileTransfers.Map(routes);
        ChangeFileTransfer.Map(routes);
        AnswerFileTransfer.Map(routes);
        StraightRules.Map(routes);
        FileTransferContent.Map(routes);
        FileBatches.Map(routes);
    }

    public static string ContentOf(FileTransfer transfer) => $"{ProjectRoutes.All}/{transfer.Project}/transfers/{transfer.Id}/content";

    /// <summary>Returns the transfer of the request, and records that its receiver or its device is online.</summary>
    public static async Task<FileTransfer?> FindAsync(string id, string transfer, HttpContext context)
    {
        var services = context.RequestServices;
        var caller = context.Caller();
        if (!Guid.TryParse(id, out var project) || !Guid.TryParse(transfer, out var parsed)
            || await services.GetRequiredService<IFileTransferLedger>().FindAsync(caller, project, parsed, context.RequestAborted)
                is not { } found)
            return null;
        if (caller.ApiKey is { } key && found.IsSentBy(caller))
            services.GetRequiredService<DevicePresence>().Note(key);
        await services.GetRequiredService<FileReceivers>().NoteAsync(found, caller, context.RequestAborted);
        return found;
    }

    /// <summary>Returns the transfer after an operation.</summary>
    public static async Task<IResult> AnswerAsync(HttpContext context, FileTransfer before)
    {
        var ledger = context.RequestServices.GetRequiredService<IFileTransferLedger>();
        return await ledger.FindAsync(context.Caller(), before.Project, before.Id, context.RequestAborted) is { } now
            ? await AnswerOfAsync(context, now)
            : FileTransferRefusals.Absent;
    }

    public static async Task<IResult> AnswerOfAsync(HttpContext context, FileTransfer transfer) =>
        JsonAnswer.Of(await ViewAsync(context, transfer), ProjectJson.Out.FileTransferView);

    private static async Task<FileTransferView> ViewAsync(HttpContext context, FileTransfer transfer)
    {
        var services = context.RequestServices;
        var (ways, caller) = (services.GetRequiredService<StraightWays>(), context.Caller());
        var device = await ways.NoteAsync(transfer, caller, context.RequestAborted);
        var presence = services.GetRequiredService<DevicePresence>();
        return FileTransferView.Of(
            transfer, caller, presence.Online([transfer.Source]), presence,
            services.GetRequiredService<FileReceivers>(), services.GetRequiredService<TimeProvider>().GetUtcNow(),
            await ways.ViewAsync(transfer, caller, device, context.RequestAborted));
    }
}
