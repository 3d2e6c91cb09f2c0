using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.Straight;

namespace ChunkUpload.Client;

/// <content>Folders of devices that members of a project ask for.</content>
public sealed partial class ChunkUploadClient
{
    /// <summary>Asks for a folder or for several files. The same id again is the same request.</summary>
    internal Task<FilesRequestAnswer> AskForFilesAsync(Guid project, FilesRequestBody body, CancellationToken stop) =>
        AttemptsOf(Board("files", null)).PersistAsync(_ => NowAsync(() => _calls.SendAsync(
            _calls.Json(
                HttpMethod.Post, $"api/projects/{project}/files/download", body, ProjectJson.Default.FilesRequestBody),
            ProjectJson.Default.FilesRequestAnswer, stop)), stop);

    /// <param name="query">mine and open, as the service has them.</param>
    internal async Task<IReadOnlyList<FileBatchAnswer>> FileBatchesAsync(Guid project, string query, CancellationToken stop) =>
        (await AskAsync(
            "batches", HttpMethod.Get, $"api/projects/{project}/batches?{query}", ProjectJson.Default.FileBatchesAnswer, stop)).Batches;

    internal Task<FileBatchAnswer> FileBatchAsync(Guid project, Guid batch, CancellationToken stop) => AskAsync(
        "batch", HttpMethod.Get, $"api/projects/{project}/batches/{batch}", ProjectJson.Default.FileBatchAnswer, stop);

    /// <summary>Cancels all of a batch that is still open.</summary>
    internal Task<FileBatchAnswer> EndFileBatchAsync(Guid project, Guid batch, CancellationToken stop) => AskAsync(
        "batch", HttpMethod.Delete, $"api/projects/{project}/batches/{batch}", ProjectJson.Default.FileBatchAnswer, stop);

    /// <param name="forFolder">Whether an approval holds for the member in the folders for 30 days, not only for these versions.</param>
    internal Task<FileBatchAnswer> AnswerFileBatchAsync(
        Guid project, Guid batch, bool approve, bool forFolder, CancellationToken stop) => AskAsync(
        "approval", HttpMethod.Post, $"api/projects/{project}/batches/{batch}/{(approve ? "approve" : "decline")}",
        new ApprovalBody(forFolder ? "folder" : "version"), ProjectJson.Default.ApprovalBody, ProjectJson.Default.FileBatchAnswer, stop);

    /// <summary>
    /// Asks for a folder of devices, waits for it, and fetches its files. Called again after a failure or a kill, it goes on where it
    /// ended.
    /// </summary>
    /// <param name="prefix">The folder in the project.</param>
    /// <param name="target">The local folder that takes in what lies below it.</param>
    /// <exception cref="TransferException">It failed as a whole; the failures of single files are in the result.</exception>
    internal Task<FolderResult> GetProjectFolderAsync(
        Guid project, string prefix, string target, StraightOptions options, IProgress<FolderProgress>? progress, CancellationToken stop)
    {
        var board = new FolderBoard(progress, _time);
        return RunAsync("project-folder", prefix, new Waits(board), async traffic =>
        {
            using var own = await KnownDeviceAsync(options, stop);
            using var links = own is null ? null : new StraightLinks(own);
            return await new ProjectFolderDownload(
                this, states: _states, board, traffic, options.Overwrite, _calls.Address.Base, _time).RunAsync(
                project, prefix, target,
                (row, place, bar) => RunAsync("project", row.FilePath, bar, one =>
                    new ProjectDownload(
                            this, _calls, AttemptsOf(one), one, _states, options.Overwrite, WayOf(links, options, one), _time, _log)
                        .RunAsync(project, row.FilePath, place.Target, stop, new OrderedFile(row, place))),
                stop);
        });
    }
}
