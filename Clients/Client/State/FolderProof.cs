using System.Text;

namespace ChunkUpload.Client.State;

/// <summary>
/// The marker file in a folder, with the folder's id. Without it, an empty mount point would look like a folder whose files were all
/// removed.
/// </summary>
internal static class FolderProof
{
    public const string FileName = ".chunkupload-serve";

    private const int MostBytes = 64;

    /// <summary>Returns the id of the folder; <c>null</c> if there is no valid marker.</summary>
    public static Guid? Read(string root)
    {
        try
        {
            var marker = new FileInfo(Path.Combine(root, FileName));
            // A link could lead to any file of the user.
            return marker is { Exists: true, LinkTarget: null, Length: <= MostBytes }
                && Guid.TryParse(File.ReadAllText(marker.FullName).Trim(), out var id) && id != Guid.Empty
                ? id
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Puts the marker into the folder.</summary>
    /// <returns>False if the folder cannot be written to.</returns>
    public static bool TryWrite(string root, Guid id)
    {
        try
        {
            using var file = File.Open(Path.Combine(root, FileName), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            file.Write(Encoding.ASCII.GetBytes($"{id}\n"));
            file.Flush(flushToDisk: true);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
