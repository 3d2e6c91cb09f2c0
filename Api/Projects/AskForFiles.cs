using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Api.Projects;

/// <summary>The part of <see cref="AskForFile"/> for a folder or several files at once.</summary>
internal sealed class AskForFiles(
    IFileBatchLedger batches, FileReceivers receivers, StraightWays ways, ProjectOptions options, WorkQueue queue)
{
    public async Task<IResult> AskAsync(Project project, FileRequestBody body, HttpContext context)
    {
        var caller = context.Caller();
        var id = body.BatchId ?? Guid.NewGuid();
        var asked = await batches.AskAsync(
            new WantedFiles(
                id, caller, project.Id, body.Prefix?.TrimEnd('/'), [.. (body.Paths ?? []).Select(path => path!).Distinct()],
                body.TargetDeviceId, await ways.ReceiverAsync(caller, context.RequestAborted) is not null),
            options.RelayBytes, context.RequestAborted);
        if (asked.Outcome == FileTransferOutcome.Absent)
            return ProjectRoutes.Absent;
        if (FileTransferRefusals.Of(asked.Outcome) is { } refused)
            return refused;
        queue.Wake();
        var batch = await batches.FindAsync(caller, project.Id, id, context.RequestAborted);
        if (batch is not null)
        {
            await ways.NoteAsync(batch, caller, context.RequestAborted);
            await receivers.NoteAsync(batch, caller, context.RequestAborted);
        }

        return JsonAnswer.Of(
            new FilesAskedView(
                batch is not null, batch?.Id, batch?.Id, batch is null ? null : FileBatchView.Of(batch, caller),
                [.. asked.Refused.Select(one => new RejectedChangeView(one.Path, CodeOf(one.Outcome)))]),
            ProjectJson.Out.FilesAskedView, StatusCodes.Status202Accepted);
    }

    private static string CodeOf(FileTransferOutcome outcome) => outcome switch
    {
        FileTransferOutcome.NoFile => ProblemCodes.NoSuchFile,
        FileTransferOutcome.DeclinedLately => ProblemCodes.DeclinedLately,
        FileTransferOutcome.TooLarge => ProblemCodes.TooLargeForRelay,
        FileTransferOutcome.DayUsedUp => ProblemCodes.DayUsedUp,
        FileTransferOutcome.StraightOnly => ProblemCodes.StraightOnly,
        _ => ProblemCodes.NotPermitted,
    };
}
