using System.Diagnostics;
using System.Globalization;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// The files beside their targets in which bytes gather until they are whole. A kill leaves them: that of a large file is gone on with,
/// that of a small one names its process and is removed by a later run.
/// </summary>
internal static class PartFiles
{
    private const string End = ".cu-part";

    public static bool Is(string name) => name.StartsWith('.') && name.EndsWith(End, StringComparison.Ordinal);

    /// <summary>The part of a small file, which is this process's alone.</summary>
    public static string OfSmall(string target, string id) =>
        Path.Combine(Path.GetDirectoryName(target)!, $".{id[..12]}-{Environment.ProcessId:x}{End}");

    /// <summary>Removes the parts of small files whose processes do not run any more.</summary>
    public static void RemoveLeft(string folder)
    {
        foreach (var part in Directory.EnumerateFiles(folder, ".*-*" + End, new EnumerationOptions { AttributesToSkip = 0 }).ToList())
        {
            var process = Path.GetFileName(part)[..^End.Length].Split('-')[^1];
            if (int.TryParse(process, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) && !Runs(id))
                File.Delete(part);
        }
    }

    /// <summary>Whether a process writes to a part.</summary>
    public static bool IsInUse(string part)
    {
        try
        {
            using var _ = File.Open(part, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static bool Runs(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
