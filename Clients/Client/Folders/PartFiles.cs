using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// The files beside their targets in which bytes gather until they are whole. A kill leaves them: that of a large file is gone on with,
/// that of a small one names its process and is removed by a later run.
/// </summary>
internal static partial class PartFiles
{
    private const string End = ".cu-part";

    /// <summary>Returns whether a name is one that <c>cu</c> gives to a part. Another one that ends so is a file like any other.</summary>
    public static bool Is(string name) => name.EndsWith(End, StringComparison.Ordinal) && Own().IsMatch(name);

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

    /// <summary>Returns whether a process writes to a part.</summary>
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

    [GeneratedRegex(@"^\.([0-9a-f]{12}(-[0-9a-f]+)?|[0-9a-f]{32})\.cu-part\z")]
    private static partial Regex Own();

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
