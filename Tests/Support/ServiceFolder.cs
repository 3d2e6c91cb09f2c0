namespace ChunkUpload.Tests.Support;

/// <summary>A fresh folder for one service. PostgreSQL's user may pass through it even when the tests run as root.</summary>
internal static class ServiceFolder
{
    public static string Create()
    {
        var folder = Directory.CreateTempSubdirectory("chunkupload-test-").FullName;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return folder;
    }

    public static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
