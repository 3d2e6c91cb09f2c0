using System.Text;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Validates the paths of a project: each begins with a slash, and each of its names is valid on all systems. A path from another device is
/// untrusted until it is validated.
/// </summary>
public static class RemotePath
{
    /// <summary>The maximum length of a path in UTF-8, so that an index of the ledger has whole paths.</summary>
    public const int MostBytes = 2048;

    /// <summary>The maximum number of names in a path. Each of its folders is compared with the other paths.</summary>
    public const int MostLevels = 128;

    /// <summary>The file in which a receiving client records fetched files. No file of a project may have its name.</summary>
    public const string Manifest = "local_files_manifest.json";

    private const int MostNameBytes = 255;

    /// <returns>The code of the fault; <c>null</c> for a valid path.</returns>
    public static string? Fault(string? path)
    {
        if (path is not { Length: > 1 } || path[0] != '/')
            return "invalid_path";
        if (Encoding.UTF8.GetByteCount(path) > MostBytes)
            return "path_too_long";
        if (path.AsSpan().Count('/') > MostLevels)
            return "path_too_deep";
        foreach (var name in path[1..].Split('/'))
        {
            if (FileNameRule.Fault(name) is not null || IsDrive(name))
                return "invalid_path";
            if (Encoding.UTF8.GetByteCount(name) > MostNameBytes)
                return "name_too_long";
            if (name[0] == '.')
                return "hidden_name";
        }

        return path.EndsWith("/" + Manifest, StringComparison.OrdinalIgnoreCase) ? "reserved_name" : null;
    }

    /// <summary>Returns whether a valid path is in the folder at a place.</summary>
    public static bool IsWithin(string path, string place) => place == "/"
        || (path.Length > place.Length && path[place.Length] == '/' && path.StartsWith(place, StringComparison.Ordinal));

    private static bool IsDrive(string name) => name.Length == 2 && char.IsAsciiLetter(name[0]) && name[1] == ':';
}
