using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Wire;

namespace ChunkUpload.Client;

/// <content>Whole folders.</content>
public sealed partial class ChunkUploadClient
{
    /// <summary>
    /// Uploads what is in a folder into a folder of the service. Called again, it sends only what is missing or has another size or time.
    /// </summary>
    /// <param name="folder">The local folder.</param>
    /// <param name="path">The folder there, which is made if it is missing; empty: the root.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="progress">Gets a report for each entry that is done, and else at most ten a second.</param>
    /// <param name="cancellationToken">Ends it; the next call goes on.</param>
    /// <exception cref="TransferException">It failed as a whole. What concerns one file is in the result.</exception>
    public Task<FolderResult> UploadFolderAsync(
        string folder, string path, FolderOptions? options = null, IProgress<FolderProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(path);
        options ??= new FolderOptions();
        var past = options.DryRun ? null : Past(isUpload: true, folder, path) with { IsFolder = true };
        return RememberAsync(past, RunFolderAsync("upload-folder", path, options, progress, async (remote, attempts, traffic, board) =>
        {
            var isThere = await IsFolderAsync(remote, options.Space, cancellationToken);
            return await new FolderUpload(remote, attempts, traffic, board, options, SendAsync)
                .RunAsync(System.IO.Path.GetFullPath(folder), isThere, cancellationToken);

            Task SendAsync(LocalEntry file, IProgress<TransferProgress> report, CancellationToken stop) => SendFileAsync(
                file.Full,
                new UploadOptions
                {
                    Path = remote.Under(file.Path),
                    Space = options.Space,
                    KeepAttributes = options.KeepAttributes,
                },
                report, stop);
        }), Filled);
    }

    /// <summary>
    /// Downloads what is in a folder of the service into a local folder. Called again, it fetches only what is missing or has another size
    /// or time.
    /// </summary>
    /// <param name="path">The folder there; empty: the root.</param>
    /// <param name="folder">The local folder, which is made if it is missing.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="progress">Gets a report for each entry that is done, and else at most ten a second.</param>
    /// <param name="cancellationToken">Ends it; the next call goes on.</param>
    /// <exception cref="TransferException">It failed as a whole. What concerns one file is in the result.</exception>
    public Task<FolderResult> DownloadFolderAsync(
        string path, string folder, FolderOptions? options = null, IProgress<FolderProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new FolderOptions();
        if (options.Links == LinkPolicy.Follow)
            throw new ArgumentException("Links of the service can be kept or skipped, not followed.", nameof(options));
        var past = options.DryRun ? null : Past(isUpload: false, folder, path) with { IsFolder = true };
        return RememberAsync(past, RunFolderAsync("download-folder", path, options, progress, async (remote, attempts, traffic, board) =>
        {
            if (!await IsFolderAsync(remote, options.Space, cancellationToken))
                throw new TransferException(TransferFailure.NotFound, $"There is no folder {path}.") { Code = ProblemCodes.NoEntry };
            using var download = new FolderDownload(remote, _calls, attempts, traffic, board, options, FetchAsync);
            return await download.RunAsync(System.IO.Path.GetFullPath(folder), cancellationToken);
        }), Filled);

        Task FetchAsync(EntryAnswer file, string target, IProgress<TransferProgress> report, CancellationToken stop) => FetchFileAsync(
            file.Id, target,
            new DownloadOptions { Space = options.Space, Overwrite = options.Overwrite, KeepAttributes = options.KeepAttributes },
            report, stop);
    }

    private async Task<bool> IsFolderAsync(RemoteTree remote, string? space, CancellationToken stop)
    {
        if (_calls.Address.IsLink)
            throw new TransferException(TransferFailure.Refused, "Folders need a key; through a link single files go.");
        if (remote.Path.Length == 0)
            return true;
        try
        {
            var entry = await DescribeAsync(remote.Path, space, stop);
            return entry.Kind == "folder"
                ? true
                : throw new TransferException(TransferFailure.Conflict, $"{remote.Path} is no folder.") { Code = ProblemCodes.NotFolder };
        }
        catch (TransferException failure) when (failure.Status == 404)
        {
            return false;
        }
    }

    private Task<FolderResult> RunFolderAsync(
        string kind, string path, FolderOptions options, IProgress<FolderProgress>? progress,
        Func<RemoteTree, Attempts, ProgressBoard, FolderBoard, Task<FolderResult>> run)
    {
        var board = new FolderBoard(progress, _time);
        return RunAsync(kind, path, new Waits(board), traffic =>
        {
            var attempts = AttemptsOf(traffic);
            return run(new RemoteTree(_calls, attempts, path.Trim('/'), options.Space), attempts, traffic, board);
        });
    }

    /// <summary>Why requests for many files wait.</summary>
    private sealed class Waits(FolderBoard board) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => board.Trouble = value.Trouble;
    }
}
