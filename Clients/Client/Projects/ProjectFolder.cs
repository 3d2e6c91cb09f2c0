using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Projects;

/// <summary>The files of a project that a local folder has, as <c>local_files_manifest.json</c> in it tells other programs.</summary>
internal sealed record LocalFilesManifest(Guid ProjectId, IReadOnlyList<SyncedFile> SyncedFiles);

/// <param name="Path">The path in the project.</param>
/// <param name="LocalPath">The path below the folder.</param>
/// <param name="Hash">The SHA-256 of what was written.</param>
/// <param name="SyncedAt">The time in UTC.</param>
internal sealed record SyncedFile(string Path, string LocalPath, string Hash, long Size, DateTime SyncedAt);

/// <summary>A local folder into which files of a project are fetched.</summary>
internal sealed class ProjectFolder(string root, Guid project, StateStore states, TimeProvider time)
{
    public const string ManifestName = "local_files_manifest.json";

    private const long MostBytes = 256 << 20;
    private const int MostLetters = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Users read the paths, too.
    private static readonly ManifestJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private readonly Lock _gate = new();
    private List<(SyncedFile File, TaskCompletionSource Done)> _waiting = [];
    private bool _isWriting;

    private string Manifest => Path.Combine(root, ManifestName);

    /// <summary>Returns the entries of all files.</summary>
    public IReadOnlyList<SyncedFile> All() => Read();

    /// <summary>Returns the entry of a file; <c>null</c> if the folder does not have it.</summary>
    public SyncedFile? Find(string path) => Read().FirstOrDefault(file => file.Path == path);

    /// <summary>
    /// Returns the name that a file gets: the one that it had before, or else one that no other file of the folder folds to.
    /// </summary>
    public string NameFor(string path)
    {
        var files = Read();
        if (files.FirstOrDefault(file => file.Path == path) is { } known && LocalName.Of(known.LocalPath) == known.LocalPath
            && !IsReserved(known.LocalPath))
            return known.LocalPath;
        var taken = files.Where(file => file.Path != path).Select(file => LocalName.Fold(file.LocalPath)).ToHashSet();
        return LocalTree.NameFor(path.Split('/')[^1], folded => folded == LocalName.Fold(ManifestName) || taken.Contains(folded));
    }

    public static bool IsReserved(string name) => LocalName.Fold(name) == LocalName.Fold(ManifestName);

    /// <summary>
    /// Records a file that is at its place. The same may be recorded again. Files that come at the same time are recorded together.
    /// </summary>
    public async Task PutAsync(SyncedFile file, CancellationToken stop)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add((file, done));
            if (!_isWriting)
            {
                _isWriting = true;
                _ = Task.Run(WriteWaitingAsync, CancellationToken.None);
            }
        }

        await done.Task.WaitAsync(stop);
    }

    private async Task WriteWaitingAsync()
    {
        while (true)
        {
            List<(SyncedFile File, TaskCompletionSource Done)> waiting;
            lock (_gate)
            {
                (waiting, _waiting) = (_waiting, []);
                _isWriting = waiting.Count > 0;
            }

            if (waiting.Count == 0)
                return;
            try
            {
                await WriteAsync([.. waiting.Select(one => one.File)]);
                waiting.ForEach(one => one.Done.SetResult());
            }
            catch (Exception failure)
            {
                waiting.ForEach(one => one.Done.SetException(failure));
            }
        }
    }

    private async Task WriteAsync(IReadOnlyList<SyncedFile> files)
    {
        using var hold = await HoldAsync(CancellationToken.None);
        var (paths, locals) = (files.Select(file => file.Path).ToHashSet(), files.Select(file => file.LocalPath).ToHashSet());
        var others = Read().Where(other => !paths.Contains(other.Path) && !locals.Contains(other.LocalPath));
        var manifest = new LocalFilesManifest(project, [.. others.Concat(files).OrderBy(one => one.Path, StringComparer.Ordinal)]);
        LocalTree.Try(() =>
        {
            var fresh = Path.Combine(root, $".{ManifestName}.new");
            using var stream = File.Open(fresh, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete);
            JsonSerializer.Serialize(stream, manifest, Json.LocalFilesManifest);
            stream.Flush(flushToDisk: true);
            File.Move(fresh, Manifest, overwrite: true);
        });
    }

    /// <exception cref="TransferException">The manifest is damaged, or that of another project.</exception>
    private IReadOnlyList<SyncedFile> Read()
    {
        LocalFilesManifest? manifest;
        try
        {
            using var stream = File.OpenRead(Manifest);
            manifest = stream.Length <= MostBytes ? JsonSerializer.Deserialize(stream, Json.LocalFilesManifest) : null;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (JsonException)
        {
            manifest = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"{Manifest} cannot be read: {failure.Message}", failure);
        }

        if (manifest?.SyncedFiles is not { } files
            || !files.All(file => file is { Path.Length: > 0 and <= MostLetters, LocalPath.Length: > 0, Hash: not null }))
            throw TransferException.Local($"{Manifest} is damaged. Move it away, and the next file begins a new one.");
        return manifest.ProjectId == project
            ? files
            : throw new TransferException(
                TransferFailure.Conflict, $"{root} has files of another project. Choose another folder with -o, one for each project.");
    }

    /// <summary>Two commands may put files into the folder at the same time.</summary>
    private async Task<IDisposable> HoldAsync(CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return states.Hold(StateStore.IdOf("manifest", root), Manifest);
            }
            catch (TransferException) when (time.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(Pause, time, stop);
            }
        }
    }
}

[JsonSerializable(typeof(LocalFilesManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
