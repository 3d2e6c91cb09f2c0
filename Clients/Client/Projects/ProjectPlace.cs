using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Projects;

/// <summary>The place of a fetched file in a local folder.</summary>
/// <param name="Files">The files of the folder.</param>
/// <param name="Name">The name in the folder.</param>
/// <param name="Target">The whole path.</param>
/// <param name="MayReplace">Whether a file that is there may be replaced.</param>
internal sealed record ProjectPlace(ProjectFolder Files, string Name, string Target, bool MayReplace)
{
    /// <param name="target">The local file; a folder, or a name with a slash at its end, takes the file in.</param>
    /// <param name="overwrite">Whether any file is replaced; else only one that was fetched and not changed since.</param>
    public static async Task<ProjectPlace> OfAsync(
        Guid project, string path, string target, bool overwrite, StateStore states, TimeProvider time, CancellationToken stop)
    {
        var isFolder = target.EndsWith('/') || target.EndsWith(Path.DirectorySeparatorChar) || Directory.Exists(target);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var folder = isFolder ? full : Path.GetDirectoryName(full)!;
        var files = new ProjectFolder(folder, project, states, time);
        var name = isFolder ? files.NameFor(path) : Path.GetFileName(full);
        if (ProjectFolder.IsReserved(name))
        {
            throw new TransferException(
                TransferFailure.Conflict, $"No file may be called {name}: the list of the files in the folder has this name.");
        }

        LocalTree.Try(() =>
        {
            _ = Directory.CreateDirectory(folder);
            PartFiles.RemoveLeft(folder);
        });
        var place = new ProjectPlace(files, name, new LocalTree(folder, overwrite, dryRun: false).At(name), overwrite);
        return overwrite || !File.Exists(place.Target) ? place : place with { MayReplace = await place.IsUnchangedAsync(path, stop) };
    }

    /// <param name="tree">The folder of <paramref name="files"/>.</param>
    /// <param name="path">The path in the project.</param>
    /// <param name="name">The path below the folder.</param>
    /// <param name="overwrite">Whether any file is replaced; else only one that was fetched and not changed since.</param>
    public static async Task<ProjectPlace> AtAsync(
        ProjectFolder files, LocalTree tree, string path, string name, bool overwrite, CancellationToken stop)
    {
        var place = new ProjectPlace(files, name, tree.At(name), overwrite);
        tree.Above(name);
        return overwrite || !File.Exists(place.Target) ? place : place with { MayReplace = await place.IsUnchangedAsync(path, stop) };
    }

    /// <summary>Returns the file in which the bytes of a transfer gather.</summary>
    public string PartOf(StateFile state) => DownloadRun.PartOf(Target, StateStore.IdOf(Target, state.State?.Session));

    /// <summary>Puts the gathered file to its place. If an earlier run has done so, nothing is left to do.</summary>
    public void Take(string part, long modifiedTicks)
    {
        if (!File.Exists(part))
            return;
        try
        {
            if (modifiedTicks > 0)
                File.SetLastWriteTimeUtc(part, new DateTime(modifiedTicks, DateTimeKind.Utc));
            File.Move(part, Target, MayReplace);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw !MayReplace && Path.Exists(Target)
                ? Other()
                : LocalFaults.Writing(Target, failure);
        }
    }

    /// <summary>Refuses a target that is there, before anybody is asked for the file.</summary>
    public void RefuseOther()
    {
        if (Directory.Exists(Target))
            throw new TransferException(TransferFailure.Conflict, $"{Target} is a folder here, and a file in the project.");
        if (!MayReplace && Path.Exists(Target))
            throw Other();
    }

    private TransferException Other() => new(
        TransferFailure.Conflict, $"{Target} is there with another content. --force replaces it, -o gives another name.");

    private async Task<bool> IsUnchangedAsync(string path, CancellationToken stop) =>
        Files.Find(path) is { } known && known.LocalPath == Name && new FileInfo(Target).Length == known.Size
        && await LocalDigest.TryAsync(Target, stop) == known.Hash;
}
