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
        if (options is { DeleteExtra: true, Only: not null })
            throw new ArgumentException("What the source does not have is known only where all of it is looked at.", nameof(options));
        var past = options.DryRun ? null : Past(isUpload: true, folder, path) with { IsFolder = true };
        return RememberAsync(past, RunFolderAsync("upload-folder", path, options, progress, async (remote, attempts, traffic, board) =>
        {
            var isThere = await IsFolderAsync(remote, options.Space, cancellationToken);
            return await new FolderUpload(remote, attempts, traffic, board, options, _time, SendAsync)
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
            report, stop, isExact: true);
    }

    /// <summary>
    /// Compares a local file, or all that is in a local folder, with what the service has at a path. Nothing is moved or changed.
    /// </summary>
    /// <param name="source">The local file or folder.</param>
    /// <param name="path">Where it would be at the service.</param>
    /// <param name="options">Null: the defaults. Of a folder, what is left out is not compared.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TransferException">The source is neither, or the service cannot be asked.</exception>
    public async IAsyncEnumerable<ComparedItem> CompareAsync(
        string source, string path, FolderOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentNullException.ThrowIfNull(path);
        options ??= new FolderOptions();
        path = path.Trim('/');
        var (attempts, full) = (AttemptsOf(Board(path, null)), System.IO.Path.GetFullPath(source));
        if (Directory.Exists(full))
        {
            var folder = new FolderComparison(new RemoteTree(_calls, attempts, path, options.Space), options);
            await foreach (var item in folder.FolderAsync(full, cancellationToken))
                yield return item;
            yield break;
        }

        var file = new FileInfo(full);
        if (!file.Exists)
            throw TransferException.Local($"There is no file {source}.");
        if (!Uploads.RegularFile.Is(file))
            throw TransferException.Local($"{source} is a pipe or a device, which has no size to compare.");
        var (above, name) = path.LastIndexOf('/') is >= 0 and var slash ? (path[..slash], path[(slash + 1)..]) : ("", path);
        var entry = new LocalEntry(name, full, LocalKind.File, file.Length, file.LastWriteTimeUtc, null, null);
        var one = new FolderComparison(new RemoteTree(_calls, attempts, above, options.Space), options);
        foreach (var item in await one.FilesAsync([entry], cancellationToken))
            yield return item;
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
