using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Wire;

namespace ChunkUpload.Client;

/// <content>Whole folders.</content>
public sealed partial class ChunkUploadClient
{
    private const int MostAtOnce = 64;

    /// <summary>
    /// Uploads the content of a folder to a folder at the service. Called again, it sends only files that are missing or differ.
    /// </summary>
    /// <param name="folder">The local folder.</param>
    /// <param name="path">The target path, which is created if it does not exist; empty for the root.</param>
    /// <param name="options">Null means the defaults.</param>
    /// <param name="progress">Receives a report after each entry, and otherwise at most ten a second.</param>
    /// <param name="cancellationToken">Cancels the call; the next one resumes it.</param>
    /// <exception cref="TransferException">It failed as a whole. The failures of single files are in the result.</exception>
    public Task<FolderResult> UploadFolderAsync(
        string folder, string path, FolderOptions? options = null, IProgress<FolderProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(path);
        options ??= new FolderOptions();
        Check(options);
        var past = options.DryRun ? null : Past(isUpload: true, folder, path) with { IsFolder = true };
        return RememberAsync(past, RunFolderAsync("upload-folder", path, options, progress, async (remote, attempts, traffic, board) =>
        {
            var isThere = await IsFolderAsync(remote, options.Space, cancellationToken);
            var encryption = options.Encryption is null ? null : await EncryptAsync(remote, attempts, options, isThere, cancellationToken);
            if (encryption is null && isThere)
                await RefuseInClearAsync(remote, attempts, options.Space, folder, cancellationToken);
            remote.Cipher = encryption?.Cipher;
            var done = await new FolderUpload(
                    remote, attempts, traffic, board, options, _time, encryption?.SendsAll == true, SendAsync)
                .RunAsync(System.IO.Path.GetFullPath(folder), isThere, cancellationToken);
            if (encryption is not null && done.Failed == 0 && options is { DryRun: false, Only: null })
                await encryption.EndAsync(cancellationToken);
            return done;

            Task SendAsync(LocalEntry file, IProgress<TransferProgress> report, CancellationToken stop) => SendFileAsync(
                file.Full,
                new UploadOptions
                {
                    Path = remote.Under(file.Path),
                    Space = options.Space,
                    KeepAttributes = options.KeepAttributes,
                    Encryption = remote.Cipher?.Files,
                    BoundPath = file.Path,
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
    /// <param name="options">Null means the defaults.</param>
    /// <param name="progress">Receives a report after each entry, and otherwise at most ten a second.</param>
    /// <param name="cancellationToken">Cancels the call; the next one resumes it.</param>
    /// <exception cref="TransferException">It failed as a whole. The failures of single files are in the result.</exception>
    public Task<FolderResult> DownloadFolderAsync(
        string path, string folder, FolderOptions? options = null, IProgress<FolderProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new FolderOptions();
        if (options.Links == LinkPolicy.Follow)
            throw new ArgumentException("Links of the service can be kept or skipped, not followed.", nameof(options));
        Check(options);
        if (options.Update)
            options = options with { Overwrite = true };
        var past = options.DryRun ? null : Past(isUpload: false, folder, path) with { IsFolder = true };
        return RememberAsync(past, RunFolderAsync("download-folder", path, options, progress, async (remote, attempts, traffic, board) =>
        {
            var keys = new FolderKeys(_calls, attempts, options.Space);
            var isThere = await IsFolderAsync(remote, options.Space, cancellationToken);
            if (!isThere && options.Identities.Count > 0)
            {
                remote = new RemoteTree(
                    _calls, attempts, await keys.ResolveAsync(remote.Path, options.Identities, cancellationToken), options.Space);
                isThere = await IsFolderAsync(remote, options.Space, cancellationToken);
            }

            if (!isThere)
                throw new TransferException(TransferFailure.NotFound, $"There is no folder {path}.") { Code = ProblemCodes.NoEntry };
            var identities = await OpenAsync(remote, attempts, options, cancellationToken);
            using var download = new FolderDownload(remote, _calls, attempts, traffic, board, options, identities, _time, FetchAsync);
            return await download.RunAsync(System.IO.Path.GetFullPath(folder), cancellationToken);

            Task FetchAsync(EntryAnswer file, string target, IProgress<TransferProgress> report, CancellationToken stop) => FetchFileAsync(
                file.Id, target,
                new DownloadOptions
                {
                    Space = options.Space,
                    Overwrite = options.Overwrite,
                    KeepAttributes = options.KeepAttributes,
                    Identities = identities,
                    Place = remote.PlaceOf(file.Path),
                },
                report, stop, isExact: true);
        }), Filled);
    }

    /// <summary>
    /// Compares a local file, or all that is in a local folder, with what the service has at a path. Nothing is moved or changed.
    /// </summary>
    /// <param name="source">The local file or folder.</param>
    /// <param name="path">Where it would be at the service.</param>
    /// <param name="options">Null means the defaults. Of a folder, what is left out is not compared.</param>
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
        var board = Board(path, null);
        var (attempts, full) = (AttemptsOf(board), System.IO.Path.GetFullPath(source));
        if (Directory.Exists(full))
        {
            var folder = await ComparisonAsync(path);
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
        foreach (var item in await (await ComparisonAsync(above)).FilesAsync([entry], cancellationToken))
            yield return item;

        async Task<FolderComparison> ComparisonAsync(string at)
        {
            var remote = new RemoteTree(_calls, attempts, at, options.Space);
            if (options.Identities.Count == 0)
                return new FolderComparison(remote, options);
            var identities = await OpenAsync(remote, attempts, options, cancellationToken);
            return new FolderComparison(
                remote, options,
                new SealedComparison(_calls, attempts, board, remote, options.Space, identities, _time).CompareAsync);
        }
    }

    private static void Check(FolderOptions options)
    {
        if (options is { DeleteExtra: true, Only: not null })
            throw new ArgumentException("What the source does not have is known only where all of it is looked at.", nameof(options));
        if (options.AtOnce is < 1 or > MostAtOnce)
            throw new ArgumentException($"Between 1 and {MostAtOnce} files go at a time.", nameof(options));
        if (options.Checksum && (options.Encryption is not null || options.Identities.Count > 0))
        {
            throw new ArgumentException(
                "Encrypted files are compared by size and time, because each upload has another key.", nameof(options));
        }

        if (options is { MaxDelete: not null, DeleteExtra: false })
            throw new ArgumentException("Without deleting what is extra there is nothing to bound (--delete-extra).", nameof(options));
    }

    private Task<FolderEncryption> EncryptAsync(
        RemoteTree remote, Attempts attempts, FolderOptions options, bool isThere, CancellationToken stop)
    {
        var id = RecordOf(remote, options.Space);
        return FolderEncryption.BeginAsync(
            remote, new FolderKeys(_calls, attempts, options.Space), options, isThere, _states.Folder(id),
            record => _states.Save(id, record), stop);
    }

    private string RecordOf(RemoteTree remote, string? space) => RecordOf(remote.Path, space);

    private string RecordOf(string path, string? space) =>
        State.StateStore.IdOf("folder", _calls.Address.Base.AbsoluteUri, space, path);

    /// <summary>Fails if files of an encrypted folder would be sent unencrypted. An encrypted copy may be sent as it is.</summary>
    private async Task RefuseInClearAsync(
        RemoteTree remote, Attempts attempts, string? space, string local, CancellationToken stop)
    {
        var isKnown = _states.Folder(RecordOf(remote, space)) is not null;
        if (!isKnown && await new FolderKeys(_calls, attempts, space).FindAsync(remote.Path, stop) is null)
            return;
        if (File.Exists(System.IO.Path.Combine(local, FolderKeys.FileName)))
            return;
        throw InClear(remote.Name);
    }

    /// <summary>Fails if a single file would be sent unencrypted into an encrypted folder.</summary>
    /// <param name="local">Null means a stream. A copy as it lies there may go back.</param>
    private async Task RefuseInClearAsync(UploadOptions options, Attempts attempts, string? local, CancellationToken stop)
    {
        var path = options.Path?.Trim('/');
        if (path is null || options.Encryption is not null || _calls.Address.IsLink || path.LastIndexOf('/') is not (> 0 and var slash)
            || path[(slash + 1)..] == FolderKeys.FileName)
            return;
        var folder = path[..slash];
        var known = Enumerable.Range(0, folder.Count(letter => letter == '/') + 1)
            .Select(level => string.Join('/', folder.Split('/')[..^level]))
            .FirstOrDefault(above => _states.Folder(RecordOf(above, options.Space)) is not null);
        if (known is null && !await HasKeyAsync(folder))
            return;
        if (local is null || !EncryptedFile.IsOne(local))
            throw InClear(known ?? folder);

        async Task<bool> HasKeyAsync(string at)
        {
            try
            {
                return await new FolderKeys(_calls, attempts, options.Space).FindAsync(at, stop) is not null;
            }
            catch (TransferException failure) when (failure.Status is >= 400 and < 500)
            {
                // A key that may only upload cannot check this.
                return false;
            }
        }
    }

    private static TransferException InClear(string name) => new(
        TransferFailure.Refused,
        $"{name} is an encrypted folder, and this would go there in clear. Say for whom, as before (--encrypt-to, --passphrase), or "
        + "choose another folder.")
    {
        Code = ClientCodes.FolderIsEncrypted,
    };

    /// <summary>Returns the keys of the files in a folder: its own key, and those of encrypted folders in it.</summary>
    private async Task<IReadOnlyList<IContentIdentity>> OpenAsync(
        RemoteTree remote, Attempts attempts, FolderOptions options, CancellationToken stop)
    {
        if (options.Identities.Count == 0)
            return [];
        var keys = new FolderKeys(_calls, attempts, options.Space);
        var opened = await keys.OfAsync(remote.Path, options.Identities, stop);
        var nested = await keys.BelowAsync(remote, options.Identities, stop);
        remote.Cipher = new FolderCipher(null, opened?.Names, nested);
        remote.ShownPath = opened?.ShowPath(remote.Path);
        List<IContentIdentity> own = opened is null ? [] : [opened.Key];
        own.AddRange(nested.Values.Select(key => key.Key).OfType<FolderKey>());
        return [.. own, .. options.Identities];
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

    /// <summary>Returns the reason why requests for many files wait.</summary>
    private sealed class Waits(FolderBoard board) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => board.Trouble = value.Trouble;
    }
}
