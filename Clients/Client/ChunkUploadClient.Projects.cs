using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using ChunkUpload.Client.Projects;

namespace ChunkUpload.Client;

/// <content>Projects, and the folders that devices serve in them.</content>
public sealed partial class ChunkUploadClient
{
    private const int FilesAtATime = 200;

    internal async Task<IReadOnlyList<ProjectAnswer>> ProjectsAsync(CancellationToken stop) =>
        (await AskAsync("projects", HttpMethod.Get, "api/projects", ProjectJson.Default.ProjectsAnswer, stop)).Projects;

    internal Task<ProjectAnswer> AddProjectAsync(string name, CancellationToken stop) => AskAsync(
        name, HttpMethod.Post, "api/projects", new NewProjectBody(name), ProjectJson.Default.NewProjectBody,
        ProjectJson.Default.ProjectAnswer, stop);

    /// <summary>Makes an invitation. A lost answer is not repeated: only it has the link.</summary>
    internal Task<InvitationAnswer> InviteAsync(Guid project, NewInvitationBody body, CancellationToken stop) => _calls.SendAsync(
        _calls.Json(HttpMethod.Post, $"api/projects/{project}/invitations", body, ProjectJson.Default.NewInvitationBody),
        ProjectJson.Default.InvitationAnswer, stop);

    /// <summary>Lists the valid invitations of a project, without their links.</summary>
    internal async Task<IReadOnlyList<InvitationAnswer>> InvitationsAsync(Guid project, CancellationToken stop) => (await AskAsync(
        "invitations", HttpMethod.Get, $"api/projects/{project}/invitations", ProjectJson.Default.InvitationsAnswer, stop)).Invitations;

    /// <summary>Ends an invitation. A lost answer is not repeated: a second request would find nothing to end.</summary>
    internal Task EndInvitationAsync(Guid project, Guid invitation, CancellationToken stop) => _calls.SendAsync(
        _calls.Request(HttpMethod.Delete, $"api/projects/{project}/invitations/{invitation}"), stop);

    /// <summary>Joins a project by the token of an invitation.</summary>
    internal Task<ProjectAnswer> JoinProjectAsync(string token, CancellationToken stop) => AskAsync(
        "invitation", HttpMethod.Post, "api/projects/join", new InvitationTokenBody(token), ProjectJson.Default.InvitationTokenBody,
        ProjectJson.Default.ProjectAnswer, stop);

    /// <summary>Adds the device of this client's key, or refreshes it.</summary>
    internal Task<DeviceAnswer> AddDeviceAsync(NewDeviceBody device, CancellationToken stop) => AskAsync(
        device.Name, HttpMethod.Post, "api/devices", device, ProjectJson.Default.NewDeviceBody, ProjectJson.Default.DeviceAnswer, stop);

    /// <summary>Adds a folder of this device to a project, or returns the existing one.</summary>
    internal Task<ServedFolderAnswer> ServeFolderAsync(Guid project, NewFolderBody folder, CancellationToken stop) => AskAsync(
        folder.Place, HttpMethod.Post, $"api/projects/{project}/folders", folder, ProjectJson.Default.NewFolderBody,
        ProjectJson.Default.ServedFolderAnswer, stop);

    /// <summary>Sends a batch of changes. The same batch may be sent again.</summary>
    internal Task<FilesUpdatedAnswer> TellFilesAsync(Guid project, FilesUpdateBody batch, CancellationToken stop) => AskAsync(
        "files", HttpMethod.Post, $"api/projects/{project}/files/update", batch, ProjectJson.Default.FilesUpdateBody,
        ProjectJson.Default.FilesUpdatedAnswer, stop);

    /// <summary>Lists the files that devices serve in a project, by their paths.</summary>
    /// <param name="below">Only what lies below this folder; empty for all.</param>
    internal async IAsyncEnumerable<RemoteFileAnswer> RemoteFilesAsync(
        Guid project, [EnumeratorCancellation] CancellationToken stop, string below = "")
    {
        string? cursor = null;
        do
        {
            var page = await AskAsync(
                "files", HttpMethod.Get,
                $"api/projects/{project}/files-paginated?limit={FilesAtATime}&path={Uri.EscapeDataString(below)}"
                    + (cursor is null ? "" : $"&cursor={cursor}"),
                ProjectJson.Default.RemoteFilesAnswer, stop);
            foreach (var file in page.Files)
                yield return file;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <returns><c>null</c> if the list has no such file.</returns>
    internal async Task<RemoteFileAnswer?> FindRemoteFileAsync(Guid project, string path, CancellationToken stop)
    {
        var slash = path.LastIndexOf('/');
        var page = await AskAsync(
            "files", HttpMethod.Get,
            $"api/projects/{project}/files-paginated?limit={FilesAtATime}&path={Uri.EscapeDataString(path[..slash])}"
                + $"&search={Uri.EscapeDataString(path[(slash + 1)..])}",
            ProjectJson.Default.RemoteFilesAnswer, stop);
        return page.Files.FirstOrDefault(file => file.Path == path);
    }

    private Task<T> AskAsync<T>(string name, HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken stop)
        where T : class =>
        AttemptsOf(Board(name, null)).PersistAsync(_ => _calls.SendAsync(_calls.Request(method, path), type, stop), stop);

    private Task<T> AskAsync<TBody, T>(
        string name, HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken stop)
        where T : class =>
        AttemptsOf(Board(name, null)).PersistAsync(_ => _calls.SendAsync(_calls.Json(method, path, body, bodyType), type, stop), stop);
}
