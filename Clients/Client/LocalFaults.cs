namespace ChunkUpload.Client;

/// <summary>Describes why a local file or folder cannot be written.</summary>
internal static class LocalFaults
{
    // ENOSPC, and EDQUOT of Linux and macOS.
    private static readonly int[] FullOnUnix = [28, 122, 69];

    // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL and ERROR_DISK_QUOTA_EXCEEDED.
    private static readonly int[] FullOnWindows = [unchecked((int)0x80070027), unchecked((int)0x80070070), unchecked((int)0x8007050F)];

    /// <param name="path">The file.</param>
    /// <param name="size">The size that the file was to get; 0 if it is unknown.</param>
    public static TransferException Writing(string path, Exception failure, long size = 0)
    {
        var full = OperatingSystem.IsWindows() ? FullOnWindows : FullOnUnix;
        return failure is IOException && (full.Contains(failure.HResult) || HasNoRoom(path, size))
            ? new TransferException(
                TransferFailure.LocalFile,
                $"The disk of {Path.GetDirectoryName(path)} is full. Make room there, and run the same command again.", failure)
            {
                Code = ClientCodes.DiskFull,
            }
            : TransferException.Local($"{path} cannot be written: {failure.Message}", failure);
    }

    /// <summary>Makes a folder and those above it, unless they are there.</summary>
    public static void MakeFolder(string folder)
    {
        try
        {
            _ = Directory.CreateDirectory(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"The folder {folder} cannot be made: {failure.Message}", failure);
        }
    }

    // If the space of a file cannot be reserved, .NET names no error of the system.
    private static bool HasNoRoom(string path, long size)
    {
        try
        {
            return size > 0 && Path.GetDirectoryName(path) is { Length: > 0 } folder && new DriveInfo(folder).AvailableFreeSpace < size;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
