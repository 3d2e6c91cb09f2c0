using System.Runtime.CompilerServices;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.Straight;
using ChunkUpload.Client.Uploads;

namespace ChunkUpload.Client;

/// <content>Files of devices that members of a project ask for.</content>
public sealed partial class ChunkUploadClient
{
    /// <summary>Asks for a file. The same file asked for again gets the same transfer while it is open.</summary>
    internal Task<FileRequestAnswer> AskForFileAsync(Guid project, string path, CancellationToken stop) =>
        AttemptsOf(Board(path, null)).PersistAsync(_ => NowAsync(() => _calls.SendAsync(
            _calls.Json(
                HttpMethod.Post, $"api/projects/{project}/files/download", new FileRequestBody(path, "full"),
                ProjectJson.Default.FileRequestBody),
            ProjectJson.Default.FileRequestAnswer, stop)), stop);

    /// <summary>Lists transfers.</summary>
    /// <param name="query">status and mine, as the service has them.</param>
    internal async IAsyncEnumerable<FileTransferAnswer> FileTransfersAsync(
        Guid project, string query, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var page in Pages.AllAsync(cursor => FileTransferPageAsync(project, query + cursor, stop), stop))
        {
            foreach (var transfer in page.Transfers)
                yield return transfer;
        }
    }

    internal Task<FileTransfersAnswer> FileTransferPageAsync(Guid project, string query, CancellationToken stop) => AskAsync(
        "transfers", HttpMethod.Get, $"api/projects/{project}/transfers?{query}", ProjectJson.Default.FileTransfersAnswer, stop);

    internal Task<FileTransferAnswer> FileTransferAsync(Guid project, Guid transfer, CancellationToken stop) => AskAsync(
        "transfer", HttpMethod.Get, Address(project, transfer), ProjectJson.Default.FileTransferAnswer, stop);

    /// <summary>Changes a transfer. The same change may be repeated.</summary>
    internal Task<FileTransferAnswer> ChangeFileTransferAsync(
        Guid project, Guid transfer, FileTransferChangeBody change, CancellationToken stop) =>
        AttemptsOf(Board("transfer", null)).PersistAsync(
            _ => NowAsync(() => PatchFileTransferAsync(project, transfer, change, stop)), stop);

    /// <summary>Changes a transfer by one request, which is not repeated.</summary>
    internal Task<FileTransferAnswer> PatchFileTransferAsync(
        Guid project, Guid transfer, FileTransferChangeBody change, CancellationToken stop) => _calls.SendAsync(
        _calls.Json(HttpMethod.Patch, Address(project, transfer), change, ProjectJson.Default.FileTransferChangeBody),
        ProjectJson.Default.FileTransferAnswer, stop, _calls.Patience);

    /// <summary>Cancels a transfer.</summary>
    internal Task<FileTransferAnswer> EndFileTransferAsync(Guid project, Guid transfer, CancellationToken stop) => AskAsync(
        "transfer", HttpMethod.Delete, Address(project, transfer), ProjectJson.Default.FileTransferAnswer, stop);

    /// <summary>
    /// Begins another attempt of a transfer that has failed. A lost answer is not repeated: the row tells what came of it.
    /// </summary>
    internal Task<FileTransferAnswer> RetryFileTransferAsync(Guid project, Guid transfer, CancellationToken stop) => _calls.SendAsync(
        _calls.Json(HttpMethod.Post, Address(project, transfer) + "/retry", new NoBody(), ProjectJson.Default.NoBody),
        ProjectJson.Default.FileTransferAnswer, stop);

    /// <param name="forFolder">Whether it holds for the member in the folder for 30 days, and not only for this version.</param>
    internal Task<FileTransferAnswer> ApproveFileTransferAsync(
        Guid project, Guid transfer, bool forFolder, CancellationToken stop) => AskAsync(
        "approval", HttpMethod.Post, Address(project, transfer) + "/approve", new ApprovalBody(forFolder ? "folder" : "version"),
        ProjectJson.Default.ApprovalBody, ProjectJson.Default.FileTransferAnswer, stop);

    internal Task<FileTransferAnswer> DeclineFileTransferAsync(Guid project, Guid transfer, CancellationToken stop) => AskAsync(
        "approval", HttpMethod.Post, Address(project, transfer) + "/decline", new NoBody(), ProjectJson.Default.NoBody,
        ProjectJson.Default.FileTransferAnswer, stop);

    /// <summary>
    /// Sends a file that was asked for over the service. Called again for the same attempt, after a failure or a kill, it goes on where it
    /// ended.
    /// </summary>
    /// <returns>The SHA-256 of what was sent.</returns>
    /// <exception cref="TransferException">It failed for good, or for longer than the policy allows.</exception>
    internal Task<string> SendFileTransferAsync(
        IUploadSource source, FileTransferAnswer transfer, Guid claim, IProgress<TransferProgress>? progress, CancellationToken stop) =>
        RunAsync("relay", transfer.FilePath, progress, board =>
            new RelayUpload(_calls, AttemptsOf(board), board, _states, _time, _log).SendAsync(source, transfer, claim, stop));

    /// <summary>
    /// Asks for a file of a device, waits for it, and follows it while it arrives at the service. Called again after a failure or a kill,
    /// it resumes where it ended.
    /// </summary>
    /// <param name="path">The path in the project.</param>
    /// <param name="target">The local file; a folder, or a name with a slash at its end, takes the file in.</param>
    /// <param name="options">How it may come.</param>
    /// <param name="progress">Receives reports, also on what it waits for.</param>
    /// <exception cref="TransferException">It failed for good, or for longer than the policy allows.</exception>
    internal Task<ProjectFileResult> GetProjectFileAsync(
        Guid project, string path, string target, StraightOptions options, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        var past = Past(isUpload: false, target, path);
        return RememberAsync(
            past,
            RunAsync("project", path.Split('/')[^1], progress, async board =>
            {
                using var own = await KnownDeviceAsync(options, stop);
                using var links = own is null ? null : new StraightLinks(own);
                return await new ProjectDownload(
                        this, _calls, AttemptsOf(board), board, _states, options.Overwrite, WayOf(links, options, board), _time, _log)
                    .RunAsync(project, path, target, stop);
            }),
            (row, done) => row with { Local = done.File, Bytes = done.Size, Sha256 = done.Sha256, SavedByResuming = done.SavedByResuming });
    }

    /// <returns>The key by which other devices know this one; <c>null</c> if files come through the service.</returns>
    private async Task<DeviceIdentity?> KnownDeviceAsync(StraightOptions options, CancellationToken stop)
    {
        if (options.RelayOnly)
            return null;
        var own = DeviceIdentity.Of(States);
        if (await KnowDeviceAsync(own, stop))
            return own;
        own.Dispose();
        return null;
    }

    private StraightWay? WayOf(StraightLinks? links, StraightOptions options, ProgressBoard board) => links is null
        ? null : new StraightWay(this, _options, links, new DevicePins(States, _time), options, board, _time, _log);

    /// <summary>Lists the devices of the user.</summary>
    internal Task<OwnDevicesAnswer> DevicesAsync(CancellationToken stop) =>
        AskAsync("devices", HttpMethod.Get, "api/devices", ProjectJson.Default.OwnDevicesAnswer, stop);

    /// <summary>Tells the service which key this computer has, so that other devices let it in.</summary>
    /// <returns>False if the service does not take it: then files come through the service.</returns>
    private async Task<bool> KnowDeviceAsync(DeviceIdentity own, CancellationToken stop)
    {
        try
        {
            _ = await AddDeviceAsync(
                new NewDeviceBody(
                    Environment.MachineName, DevicePlatform, typeof(ChunkUploadClient).Assembly.GetName().Version!.ToString(3),
                    own.FingerprintText),
                stop);
            return true;
        }
        catch (TransferException failure) when (failure.Status is 400 or 403 or 404)
        {
            // The key is that of a tenant, or of another computer.
            _log.NotStraight(failure.Message);
            return false;
        }
    }

    /// <summary>The operating system, as devices name it.</summary>
    internal static string DevicePlatform => OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "macos" : "linux";

    /// <summary>
    /// Lets a conflict be told at once. It may pass, but only when somebody acts or much later, and not by asking again.
    /// </summary>
    private static async Task<T> NowAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (TransferException failure) when (failure is { IsTransient: true, Status: 409 or 429 })
        {
            throw new TransferException(failure.Failure, failure.Message, failure)
            {
                Code = failure.Code,
                Status = failure.Status,
                RetryAfter = failure.RetryAfter,
                RequestId = failure.RequestId,
            };
        }
    }

    private static string Address(Guid project, Guid transfer) => $"api/projects/{project}/transfers/{transfer}";
}
