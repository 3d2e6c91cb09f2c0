using System.Formats.Tar;

namespace ChunkUpload.Client.Uploads;

/// <summary>Tells files from pipes, sockets and devices: those have no bytes that end, and opening one may take for ever.</summary>
internal static class RegularFile
{
    // The first block of an archive has the name and the type.
    private const string Name = "x";
    private const int TypeAt = 156;

    // An archive of an empty file is not longer.
    private const int Most = 2048;

    /// <summary>Returns whether what is there is a file; a link counts as what it leads to.</summary>
    public static bool Is(FileInfo there)
    {
        if (OperatingSystem.IsWindows())
            return true;
        if (there.LinkTarget is not null)
        {
            // The links of /proc to pipes lead to names that do not exist.
            if (there.ResolveLinkTarget(returnFinalTarget: true) is not FileInfo { Exists: true } end)
                return false;
            there = end;
        }

        return there.Length > 0 || HasItsType(there.FullName);
    }

    /// <summary>The one thing of the BCL that tells types apart is the writer of tar archives.</summary>
    private static bool HasItsType(string path)
    {
        var archive = new byte[Most];
        try
        {
            using var writer = new TarWriter(new MemoryStream(archive), TarEntryFormat.V7);
            writer.WriteEntry(path, Name);
        }
        catch (NotSupportedException)
        {
            // The file has content after all, and the archive has no room for it. Its first block is there.
        }
        catch (Exception failure) when (failure is IOException or ArgumentException)
        {
            return false;
        }

        return archive[0] == Name[0] && archive[TypeAt] is 0 or (byte)'0';
    }
}
