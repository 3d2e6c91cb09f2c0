using System.Buffers;

namespace ChunkUpload.Emulators.Graph;

/// <summary>The names that OneDrive accepts, and its names of copies.</summary>
internal static class GraphNames
{
    private const int LongestPath = 400;

    private static readonly SearchValues<char> Forbidden = SearchValues.Create("\"*:<>?/\\|");

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        ".lock", "desktop.ini", "CON", "PRN", "AUX", "NUL", ".", "..",
    };

    private static readonly string[] Devices = ["COM", "LPT"];

    public static StringComparer Comparer => StringComparer.OrdinalIgnoreCase;

    /// <summary>Returns the refusal of a name, or null for an allowed name.</summary>
    public static GraphError? Refuse(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return GraphError.Invalid("The name is missing.", "invalidName");
        if (name.AsSpan().ContainsAny(Forbidden) || name.Any(char.IsControl))
            return GraphError.Invalid("The name contains a character that is not allowed.", "nameContainsInvalidCharacters");
        if (name.Length > 255)
            return GraphError.Invalid("The name is longer than 255 characters.", "nameExceedsMaximumLength");
        return name[^1] is '.' or ' ' || name[0] == ' ' || IsReserved(name)
            ? GraphError.Invalid("The name is reserved, or begins or ends with a character that is not allowed there.", "invalidName")
            : null;
    }

    public static GraphError? RefusePath(string path) =>
        path.Length > LongestPath ? GraphError.Invalid("The path is longer than 400 characters.", "pathTooLong") : null;

    /// <summary>Names a copy as OneDrive does: "a.txt" becomes "a 1.txt".</summary>
    public static string Numbered(string name, int number)
    {
        var dot = name.LastIndexOf('.');
        return dot > 0 ? $"{name[..dot]} {number}{name[dot..]}" : $"{name} {number}";
    }

    private static bool IsReserved(string name) =>
        Reserved.Contains(name)
        || name.Contains("_vti_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("~$", StringComparison.Ordinal)
        || (name.Length == 4 && char.IsAsciiDigit(name[3])
            && Devices.Any(device => name.StartsWith(device, StringComparison.OrdinalIgnoreCase)));
}
