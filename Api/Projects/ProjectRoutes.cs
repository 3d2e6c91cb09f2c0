using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>Shared parts of the endpoints of projects.</summary>
internal static class ProjectRoutes
{
    public const string Tag = "Projects";
    public const string All = "/api/projects";
    public const string One = All + "/{id}";
    public const string Devices = "/api/devices";
    public const string ExampleId = "8f14e45f-ceea-167a-5a36-dedd4bea2543";

    public const string FolderExample = $$"""
        {"id":"{{ExampleId}}","place":"/line-14","device_id":"{{ExampleId}}","device_name":"Mara's laptop","platform":"linux",
         "owner":"user:8f14e45fceea167a5a36dedd4bea2543","owner_name":"Mara Lindqvist","online":true,
         "last_seen_at":"2026-01-15T09:30:12.500Z","files":1246,"bytes":49283072000,"sequence":12,"is_complete":true,
         "told_at":"2026-01-15T09:30:12.500Z","approval":"ask","bytes_a_day":null,"straight_only":false}
        """;

    public const string ProjectExample = $$"""
        {"id":"{{ExampleId}}","name":"Skagen 2026","owner":"user:8f14e45fceea167a5a36dedd4bea2543","is_member":true,"can_change":true,
         "created_at":"2026-01-15T09:30:00.000Z","archived_at":null,"owner_name":"Mara Lindqvist",
         "member_names":["Mara Lindqvist","Ines Okafor"],"members":5,"entries":1204,"bytes":120259084288,"sequence":42,
         "waiting_requests":0,
         "folders":[{{FolderExample}}]}
        """;

    public static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchProject, "You see no project with this id. GET /api/projects lists them.");

    public static Refusal OwnerOnly { get; } = Refusal.Of(
        RequestError.NotPermitted, "Only the owner of the project, or an administrator, may do that.");

    public static void MapProjects(this IEndpointRouteBuilder routes)
    {
        AddProject.Map(routes);
        ManageProjects.Map(routes);
        ProjectMembers.Map(routes);
        ProjectInvitations.Map(routes);
        JoinProject.Map(routes);
        ServedFolders.Map(routes);
        UpdateFiles.Map(routes);
        ListRemoteFiles.Map(routes);
        ListProjectEvents.Map(routes);
        ProjectSocket.Map(routes);
        ManageDevices.Map(routes);
        routes.MapFileTransfers();
    }

    /// <summary>Returns the project of the request for a member.</summary>
    /// <param name="change">Whether the member must have the right to change the project.</param>
    public static async Task<(Project? Project, Refusal? Refusal)> MemberAsync(
        string id, HttpContext context, IProjectLedger projects, bool change = false)
    {
        if (await FindAsync(id, context, projects) is not { } project)
            return (null, Absent);
        if (!project.IsMember)
            return (null, Refusal.Of(RequestError.NotPermitted, "Only members of the project see what is in it."));
        if (change && project.ArchivedAt is not null)
            return (null, Refusal.Of(RequestError.ProjectArchived, "The project is archived, and read only until it is brought back."));
        return change && !project.CanChange
            ? (null, Refusal.Of(RequestError.NotPermitted, "You may read this project but not change it; ask its owner."))
            : (project, null);
    }

    /// <summary>Returns the project of the request for its owner or an administrator.</summary>
    public static async Task<(Project? Project, Refusal? Refusal)> OwnedAsync(string id, HttpContext context, IProjectLedger projects) =>
        await FindAsync(id, context, projects) is not { } project ? (null, Absent)
        : Owns(context.Caller(), project) ? (project, null)
        : (null, OwnerOnly);

    public static bool Owns(Caller caller, Project project) => caller.SeesAll || project.Owner == caller.Subject;

    /// <summary>Returns the device of the request's key.</summary>
    public static async Task<ProjectDevice?> DeviceAsync(HttpContext context, IDeviceLedger devices, DevicePresence presence)
    {
        if (context.Caller().ApiKey is not { } key)
            return null;
        presence.Note(key);
        return await devices.OfKeyAsync(key, context.RequestAborted);
    }

    /// <summary>Refuses a named device that is not the one of the key.</summary>
    public static Refusal? RefuseDevice(ProjectDevice? own, Guid named) => own is { RevokedAt: null } && own.Id == named
        ? null
        : Refusal.Of(
            RequestError.NotYourDevice, "device_id must be the device of the key with which the request comes: POST /api/devices adds it.");

    private static async Task<Project?> FindAsync(string id, HttpContext context, IProjectLedger projects) =>
        Guid.TryParse(id, out var parsed) ? await projects.FindAsync(context.Caller(), parsed, context.RequestAborted) : null;
}
