namespace ChunkUpload.Client.State;

/// <summary>Files that only the user can read, replaced by a rename: a kill at any point leaves the old or the new content.</summary>
internal static class PrivateFile
{
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            _ = Directory.CreateDirectory(folder);
        else
            _ = Directory.CreateDirectory(folder, Mode | UnixFileMode.UserExecute);
    }

    /// <param name="flush">
    /// Whether it must survive the loss of power. .NET flushes no folder; but the file's own flush after the rename makes journaling file
    /// systems write the rename, too, because it has changed the file's time.
    /// </param>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, bool flush)
    {
        var fresh = path + ".new";
        using var file = File.Open(fresh, Options(FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete));
        file.Write(bytes);
        file.Flush(flush);
        File.Move(fresh, path, overwrite: true);
        if (flush)
            file.Flush(true);
    }

    public static FileStreamOptions Options(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Mode;
        return options;
    }
}
