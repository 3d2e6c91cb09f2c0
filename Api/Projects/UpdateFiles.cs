using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>POST /api/projects/{id}/files/update: a device sends the changes of a served folder.</summary>
internal static class UpdateFiles
{
    private const int MostBytes = 8 << 20;
    private const int MostFiles = 1_000_000;

    /// <summary>Ten batches a second.</summary>
    private const int PerMinute = 600;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(ProjectRoutes.One + "/files/update", HandleAsync).RequireAuthorization(AccessPolicy.Serve).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IValidator<FilesUpdateBody> validator, IProjectLedger projects, ICatalogueLedger catalogue,
        IDeviceLedger devices, DevicePresence presence, RateBook rates)
    {
        var read = await JsonBody.ReadAsync(
            context, ProjectJson.In.FilesUpdateBody, validator, null, context.RequestAborted, MostBytes);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects, change: true);
        if (project is null)
            return refusal!;
        var device = await ProjectRoutes.DeviceAsync(context, devices, presence);
        if (ProjectRoutes.RefuseDevice(device, body.DeviceId!.Value) is { } foreign)
            return foreign;
        if (rates.TryTake(new LimitTarget(LimitScope.Key, "", device!.Key.ToString("n")), "catalogue", PerMinute) is { } wait)
        {
            return Refusal.Of(new RequestFailure(RequestError.RateLimited, "A device sends at most ten batches a second.")
            {
                RetryAfter = wait,
            });
        }

        var own = project.Folders.Where(folder => folder.Device.Id == device.Id).ToList();
        var folder = body.FolderId is { } named ? own.FirstOrDefault(one => one.Id == named) : own.Count == 1 ? own[0] : null;
        if (folder is null)
            return NotServed;

        var changes = new ChangeReader(folder.Place);
        foreach (var change in body.Changes!)
            changes.Add(change!);
        var outcome = await catalogue.UpdateAsync(
            new FileChanges(
                project.Id, folder.Id, device.Id, context.Caller().Subject, body.BaseSequence!.Value, body.BatchId!.Value,
                body.Snapshot?.Id, body.Snapshot?.Last ?? false, changes.Deleted, changes.Told),
            MostFiles, context.RequestAborted);
        return outcome.Fault switch
        {
            FileChangesFault.Archived => Refusal.Of(RequestError.ProjectArchived, "The project is archived or has ended."),
            FileChangesFault.NotServed => NotServed,
            FileChangesFault.Resync => Refusal.Of(new RequestFailure(
                RequestError.Resync,
                $"The last batch of this folder has the number {outcome.Sequence}. Continue from there, or send a snapshot.")
            {
                Sequence = outcome.Sequence,
            }),
            _ => JsonAnswer.Of(
                new FilesUpdatedView(
                    outcome.Sequence, outcome.Accepted,
                    [.. changes.Rejected.Concat(outcome.Rejected!).Select(one => new RejectedChangeView(one.Path, one.Code))]),
                ProjectJson.Out.FilesUpdatedView),
        };
    }

    private static Refusal NotServed { get; } = Refusal.Of(
        RequestError.NoSuchFolder,
        "The device serves no such folder in this project. POST …/folders puts it there; name it in folder_id.");

    private static EndpointDoc Doc => new(
        ProjectRoutes.Tag, nameof(UpdateFiles), "Send the changes of a served folder",
        $"With the key of the device, in batches of at most {FilesUpdateBody.MostChanges} changes. `base_sequence` is the device's own "
            + "number of the batch before. If another one is expected, the answer is 409 `resync` with that number in `sequence`. The last "
            + "batch sent again gets the same answer. A snapshot replaces the list: at its last batch, files that it did not list are "
            + "removed. A change that cannot be applied is refused alone.")
    {
        Json = new(typeof(FilesUpdateBody), $$"""
            {"device_id":"{{ProjectRoutes.ExampleId}}","base_sequence":12,"batch_id":"{{ProjectRoutes.ExampleId}}",
             "changes":[{"op":"upsert","path":"/line-14/a.xtf","size":73400320,"hash":"{{Examples.Sha256}}",
             "mime_type":"application/octet-stream","modified_at":"2026-01-15T09:30:12Z","mode":420},
             {"op":"delete","path":"/line-14/old.xtf"}]}
            """),
        Answers =
        [
            new(200, "The batch is applied.", typeof(FilesUpdatedView),
                """{"sequence":13,"accepted":2,"rejected":[{"path":"/line-14/.hidden","code":"hidden_name"}]}"""),
        ],
        Errors =
        [
            RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NotYourDevice, RequestError.NoSuchFolder,
            RequestError.ProjectArchived, RequestError.Resync, RequestError.RateLimited,
        ],
    };
}
