using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>The folders that devices serve in a project.</summary>
internal static class ServedFolders
{
    private const string All = ProjectRoutes.One + "/folders";
    private const string One = All + "/{folder}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(ListDoc);
        routes.MapPost(All, ServeAsync).RequireAuthorization(AccessPolicy.Serve).Document(ServeDoc);
        routes.MapPatch(One, ChangeAsync).RequireAuthorization(AccessPolicy.Serve).Document(ChangeDoc);
        routes.MapDelete(One, ReleaseAsync).RequireAuthorization(AccessPolicy.Projects).Document(ReleaseDoc);
    }

    private static async Task<IResult> ListAsync(string id, HttpContext context, IProjectLedger projects, DevicePresence presence)
    {
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var online = presence.Online(project.Folders.Select(folder => folder.Device));
        var subject = context.Caller().Subject;
        return JsonAnswer.Of(
            new ServedFoldersView(
            [
                .. project.Folders.Select(folder => folder.Device.Subject == subject
                    ? ServedFolderView.OfOwn(folder, online) : ServedFolderView.Of(folder, online)),
            ]),
            ProjectJson.Out.ServedFoldersView);
    }

    private static async Task<IResult> ServeAsync(
        string id, HttpContext context, IValidator<NewFolderBody> validator, IProjectLedger projects, IDeviceLedger devices,
        DevicePresence presence)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.NewFolderBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects, change: true);
        if (project is null)
            return refusal!;
        var device = await ProjectRoutes.DeviceAsync(context, devices, presence);
        if (ProjectRoutes.RefuseDevice(device, body.DeviceId!.Value) is { } foreign)
            return foreign;
        var outcome = await projects.ServeAsync(project.Id, body.Id!.Value, device!.Id, body.Place!, context.RequestAborted);
        if (Refuse(outcome) is { } refused)
            return refused;
        var changed = await projects.FindAsync(context.Caller(), project.Id, context.RequestAborted);
        return changed?.Folders.FirstOrDefault(folder => folder.Id == body.Id) is { } served
            ? JsonAnswer.Of(ServedFolderView.Of(served, presence.Online([served.Device])), ProjectJson.Out.ServedFolderView)
            : ProjectRoutes.Absent;
    }

    private static async Task<IResult> ChangeAsync(
        string id, string folder, HttpContext context, IValidator<FolderChangeBody> validator, IProjectLedger projects,
        DevicePresence presence)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.FolderChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        if (Find(project, folder) is not { } served)
            return NoSuchFolder;
        if (served.Device.Subject != context.Caller().Subject)
        {
            return Refusal.Of(
                RequestError.NotPermitted, "Only the member whose device serves the folder decides who gets its files.");
        }

        var outcome = await projects.ChangeFolderAsync(project.Id, served.Id, body.ToChange(), context.RequestAborted);
        if (outcome == FolderChangeOutcome.NoMember)
            return Refusal.Of(RequestError.NoSuchUser, "Each subject of member_rules must be a member of the project.");
        var changed = outcome == FolderChangeOutcome.Changed
            ? await projects.FindAsync(context.Caller(), project.Id, context.RequestAborted) : null;
        return changed is not null && Find(changed, folder) is { } now
            ? JsonAnswer.Of(ServedFolderView.OfOwn(now, presence.Online([now.Device])), ProjectJson.Out.ServedFolderView)
            : NoSuchFolder;
    }

    private static ServedFolder? Find(Project project, string folder) =>
        Guid.TryParse(folder, out var parsed) ? project.Folders.FirstOrDefault(one => one.Id == parsed) : null;

    private static async Task<IResult> ReleaseAsync(string id, string folder, HttpContext context, IProjectLedger projects)
    {
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        if (Find(project, folder) is not { } served)
            return NoSuchFolder;
        var caller = context.Caller();
        if (!ProjectRoutes.Owns(caller, project) && served.Device.Subject != caller.Subject)
            return Refusal.Of(RequestError.NotPermitted, "Only the member whose device serves the folder, or the owner, may release it.");
        return await projects.ReleaseAsync(project.Id, served.Id, context.RequestAborted) ? TypedResults.NoContent() : NoSuchFolder;
    }

    private static Refusal NoSuchFolder { get; } = Refusal.Of(
        RequestError.NoSuchFolder, "The project has no served folder with this id.");

    private static Refusal? Refuse(ServeOutcome outcome) => outcome switch
    {
        ServeOutcome.Served => null,
        ServeOutcome.Archived => Refusal.Of(
            RequestError.ProjectArchived, "The project is archived, and read only until it is brought back."),
        ServeOutcome.PlaceTaken => Refusal.Of(
            RequestError.PlaceTaken, "Another folder is served at this place, in it, or above it. Choose another place."),
        ServeOutcome.FolderTaken => Refusal.Of(
            RequestError.PlaceTaken, "A device of another user serves a folder with this id. Remove the marker file, and serve it again."),
        ServeOutcome.FolderElsewhere => Refusal.Of(
            RequestError.PlaceTaken, "The folder is served at another place of this project. Release it there first."),
        _ => Refusal.Of(RequestError.TooManyFolders, "The project has reached the maximum number of served folders. Release one first."),
    };

    private static EndpointDoc ListDoc => new(ProjectRoutes.Tag, "ListServedFolders", "List the served folders", "For members.")
    {
        Answers = [new(200, "The folders.", typeof(ServedFoldersView), $$"""{"folders":[{{ProjectRoutes.FolderExample}}]}""")],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted],
    };

    private static EndpointDoc ServeDoc => new(
        ProjectRoutes.Tag, "ServeFolder", "Serve a folder of a device",
        "By a member who may change the project, with the key of the device. No place lies in another, so that a path names one file of "
            + "one device. If another device of the same user has the folder, it takes over the place and sends its list.")
    {
        Json = new(
            typeof(NewFolderBody),
            $$"""{"id":"{{ProjectRoutes.ExampleId}}","device_id":"{{ProjectRoutes.ExampleId}}","place":"/line-14"}"""),
        Answers = [new(200, "The folder.", typeof(ServedFolderView), ProjectRoutes.FolderExample)],
        Errors =
        [
            RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NotYourDevice, RequestError.ProjectArchived,
            RequestError.PlaceTaken, RequestError.TooManyFolders,
        ],
    };

    private static EndpointDoc ChangeDoc => new(
        ProjectRoutes.Tag, "ChangeFolder", "Change who gets the files of a served folder",
        "By the member whose device serves it. `approval` says whether requests wait for an answer (`ask`, the default), are approved "
            + "(`always`) or refused (`never`); `member_rules` has other rules for single members. Missing fields do not change.")
    {
        Json = new(typeof(FolderChangeBody), """{"approval":"always","bytes_a_day":10737418240}"""),
        Answers = [new(200, "The folder.", typeof(ServedFolderView), ProjectRoutes.FolderExample)],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NoSuchFolder, RequestError.NoSuchUser],
    };

    private static EndpointDoc ReleaseDoc => new(
        ProjectRoutes.Tag, "ReleaseFolder", "Release a served folder",
        "By the member whose device serves it, the owner, or an administrator who is a member. The list goes; the files stay where "
            + "they are.")
    {
        Answers = [new(204, "It is released.")],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NoSuchFolder],
    };
}
