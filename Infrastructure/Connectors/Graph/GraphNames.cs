using System.Text;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>Converts names to valid ones of OneDrive and SharePoint. Invalid characters are replaced by similar ones.</summary>
internal static class GraphNames
{
    private const int Longest = 255, LongestPath = 400;

    private const long LargestFile = 250L << 30;

    /// <summary>The forbidden characters, which are replaced by their full-width forms.</summary>
    private const string Forbidden = "\"*:<>?/\\|";

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", ".lock", "desktop.ini", ".", "..",
    };

    public static string NameOf(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            var isForbidden = Forbidden.Contains(letter, StringComparison.Ordinal);
            _ = text.Append(isForbidden ? (char)(letter + 0xFEE0) : char.IsControl(letter) ? '_' : letter);
        }

        for (var at = text.Length - 1; at >= 0 && text[at] is '.' or ' '; at--)
            text[at] = text[at] == '.' ? '．' : '␠';
        for (var at = 0; at < text.Length && text[at] == ' '; at++)
            text[at] = '␠';
        if (text.Length > 1 && text[0] == '~' && text[1] == '$')
            text[0] = '～';
        var safe = text.Replace("_vti_", "_vti-").ToString();
        if (IsReserved(safe))
            safe = "_" + safe;
        return safe.Length <= Longest ? safe : Shortened(safe);
    }

    /// <summary>
    /// Returns why OneDrive will refuse a file; the folders above that of the transfer also count for the length of its path.
    /// </summary>
    public static string? RefusalOf(PlannedFile file) =>
        file.Path.Length > LongestPath
            ? $"Its path has {file.Path.Length} characters below the folder; OneDrive allows {LongestPath} with all folders above."
            : file.Size > LargestFile ? "It is larger than 250 GiB, which OneDrive does not accept." : null;

    private static bool IsReserved(string name) => name.Length == 0 || Reserved.Contains(name)
        || (name.Length == 4 && char.IsAsciiDigit(name[3])
            && (name.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || name.StartsWith("LPT", StringComparison.OrdinalIgnoreCase)));

    private static string Shortened(string name)
    {
        var ending = Path.GetExtension(name);
        if (ending.Length > 32)
            ending = "";
        var length = Longest - ending.Length;
        // Do not split a surrogate pair.
        if (char.IsHighSurrogate(name[length - 1]))
            length--;
        return name[..length].TrimEnd(' ', '.') + ending;
    }
}
