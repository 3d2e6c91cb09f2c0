using System.Buffers;
using System.Text;

namespace ChunkUpload.Core.Model;

/// <summary>
/// Validates the names of entries and the paths in requests. A name is stored exactly as received and never used as a path on the service's
/// disk, so no other names are refused. Code that shows a name or writes it elsewhere must escape it.
/// </summary>
public static class TreePath
{
    public const int MaxNameBytes = 255;
    public const int MaxPathBytes = 4096;
    public const int MaxLevels = 128;

    /// <summary>Splits "a/b/c". A "/" at the beginning or the end changes nothing; the empty path is the root.</summary>
    /// <returns>The names, or null and a sentence that says what is wrong.</returns>
    public static IReadOnlyList<string>? Parse(string path, out string? fault)
    {
        var trimmed = path.StartsWith('/') ? path[1..] : path;
        if (trimmed.EndsWith('/'))
            trimmed = trimmed[..^1];
        var names = trimmed.Length == 0 ? [] : trimmed.Split('/');
        fault = Fault(names);
        return fault is null ? names : null;
    }

    /// <returns>Null if the path is valid; otherwise a sentence that says what is wrong.</returns>
    public static string? Fault(IReadOnlyList<string> names)
    {
        if (names.Count > MaxLevels)
            return $"The path has more than {MaxLevels} levels.";
        var bytes = 0;
        foreach (var name in names)
        {
            if (NameFault(name) is { } fault)
                return fault;
            bytes += Encoding.UTF8.GetByteCount(name) + 1;
        }

        return bytes - 1 > MaxPathBytes ? $"The path is longer than {MaxPathBytes} bytes of UTF-8." : null;
    }

    /// <returns>Null if the name is valid; otherwise a sentence that says what is wrong.</returns>
    public static string? NameFault(string name)
    {
        if (name.Length == 0)
            return "A name in the path is empty.";
        if (name is "." or "..")
            return "A path must not contain \".\" or \"..\"; give the path without them.";
        var bytes = 0;
        for (var rest = name.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var used) != OperationStatus.Done)
                return "A name in the path is not valid Unicode.";
            if (rune.Value == 0)
                return "A name in the path contains U+0000.";
            if (rune.Value == '/')
                return "A name in the path contains \"/\", which separates names.";
            bytes += rune.Utf8SequenceLength;
            rest = rest[used..];
        }

        return bytes > MaxNameBytes ? $"A name in the path is longer than {MaxNameBytes} bytes of UTF-8." : null;
    }

    public static string Join(IEnumerable<string> names) => string.Join('/', names);
}
