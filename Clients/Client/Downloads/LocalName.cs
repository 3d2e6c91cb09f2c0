using System.Text;

namespace ChunkUpload.Client.Downloads;

/// <summary>A file's name from the service, made harmless for this system.</summary>
internal static class LocalName
{
    private static readonly char[] Invalid = [.. Path.GetInvalidFileNameChars(), '/', '\\'];

    // Windows refuses these on every drive; the names of devices also with an extension.
    private const string InvalidOnWindows = "<>:\"|?*";
    private static readonly HashSet<string> Devices = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
    };

    public static string Of(string name) => Of(name, OperatingSystem.IsWindows());

    /// <param name="isWindows">Whether the name must be valid on Windows.</param>
    public static string Of(string name, bool isWindows)
    {
        var safe = string.Concat(name.Select(letter => Invalid.Contains(letter) || char.IsControl(letter)
            || (isWindows && InvalidOnWindows.Contains(letter, StringComparison.Ordinal)) ? '_' : letter));
        if (isWindows)
        {
            // Windows drops dots and spaces at the end, so two names would become one.
            var end = safe.TrimEnd('.', ' ').Length;
            safe = safe[..end] + new string('_', safe.Length - end);
            if (IsDevice(safe))
                safe = "_" + safe;
        }

        return safe is "" or "." or ".." ? "_" : safe;
    }

    /// <summary>What two names have in common that a file system without case takes for one.</summary>
    public static string Fold(string name) => name.Normalize(NormalizationForm.FormC).ToUpperInvariant();

    private static bool IsDevice(string name)
    {
        var stem = name.Split('.')[0].TrimEnd(' ');
        return Devices.Contains(stem) || (stem.Length == 4
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase))
            && stem[3] is (>= '0' and <= '9') or '\u00b9' or '\u00b2' or '\u00b3');
    }
}
