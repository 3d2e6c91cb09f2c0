using System.Text;

namespace ChunkUpload.Client.State;

/// <summary>
/// The marker file in a folder, with ids of the folder. Without it, an empty mount point would look like a folder whose files were all
/// removed.
/// </summary>
/// <param name="fileName">The name of the marker.</param>
/// <param name="isShared">
/// Whether each user of the folder has an id of its own there, a line each. Otherwise there is one id, which all have in common.
/// </param>
internal sealed class FolderProof(string fileName, bool isShared)
{
    private const int MostBytes = 1 << 16;

    /// <summary>The marker of folders that are served in projects.</summary>
    public static FolderProof Serving { get; } = new(".chunkupload-serve", isShared: false);

    /// <summary>The marker of folders that are kept in sync, by this client or by a service on this machine.</summary>
    public static FolderProof Syncing { get; } = new(".chunkupload-sync", isShared: true);

    public string FileName => fileName;

    public bool IsShared => isShared;

    /// <summary>Returns the ids in the marker; none if there is no valid marker.</summary>
    public IReadOnlyList<Guid> Read(string root)
    {
        try
        {
            var marker = new FileInfo(Path.Combine(root, fileName));
            // A link could lead to any file of the user.
            return marker is { Exists: true, LinkTarget: null, Length: <= MostBytes }
                ? [.. File.ReadAllLines(marker.FullName).Select(IdOf).Where(id => id != Guid.Empty)]
                : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Puts an id into the marker.</summary>
    /// <returns>False if the folder cannot be written to, or something else has the name.</returns>
    public bool TryWrite(string root, Guid id)
    {
        var path = Path.Combine(root, fileName);
        try
        {
            if (new FileInfo(path).LinkTarget is not null)
                return false;
            using var file = File.Open(path, isShared ? FileMode.Append : FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            file.Write(Encoding.ASCII.GetBytes($"{id:n}\n"));
            file.Flush(flushToDisk: true);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Guid IdOf(string line) => Guid.TryParse(line.Trim(), out var id) ? id : Guid.Empty;
}
