using System.Globalization;
using ChunkUpload.Core.Projects;
using Microsoft.AspNetCore.StaticFiles;

namespace ChunkUpload.Api.Projects;

/// <summary>
/// Reads the changes of a batch in order and reduces them to one for each path. Invalid changes are rejected individually, because one
/// invalid name on a device must not block the other files.
/// </summary>
/// <param name="place">The place of the served folder.</param>
internal sealed class ChangeReader(string place)
{
    private const string AnyType = "application/octet-stream";
    private static readonly FileExtensionContentTypeProvider Types = new();
    private const int LongestType = 255;
    private const int MostMode = 0x1FF;
    private const int LongestShown = 4096;

    // PostgreSQL and all clients can represent these years.
    private const int FirstYear = 1900;
    private const int LastYear = 2200;

    private readonly Dictionary<string, ToldFile?> _paths = new(StringComparer.Ordinal);
    private readonly HashSet<ReadOnlyMemory<char>> _folders = new(ByText.Instance);
    private readonly List<RejectedChange> _rejected = [];

    public IReadOnlyList<string> Deleted => [.. _paths.Where(one => one.Value is null).Select(one => one.Key)];

    public IReadOnlyList<ToldFile> Told => [.. _paths.Values.OfType<ToldFile>()];

    public IReadOnlyList<RejectedChange> Rejected => _rejected;

    public void Add(FileChangeBody change)
    {
        if (Fault(change, out var file) is { } code)
        {
            var shown = change.Path ?? "";
            _rejected.Add(new RejectedChange(shown.Length > LongestShown ? shown[..LongestShown] : shown, code));
            return;
        }

        if (change.Op == "move")
            _paths[change.From!] = null;
        _paths[change.Path!] = file;
        if (file is null)
            return;
        for (var slash = change.Path!.LastIndexOf('/'); slash > 0; slash = change.Path.LastIndexOf('/', slash - 1))
            _ = _folders.Add(change.Path.AsMemory(0, slash));
    }

    private string? Fault(FileChangeBody change, out ToldFile? file)
    {
        file = null;
        if (change.Op is not ("upsert" or "delete" or "move"))
            return "invalid_op";
        if (PathFault(change.Path) is { } fault)
            return fault;
        if (change.Op == "delete")
            return null;
        if (change.Op == "move" && PathFault(change.From) is not null)
            return "invalid_from";
        if (change.Size is not >= 0)
            return "invalid_size";
        if (!DateTimeOffset.TryParse(
                change.ModifiedAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var time)
            || time.Year is < FirstYear or > LastYear)
            return "invalid_time";
        Sha256Digest hash = default;
        if (change.Hash is not null && !Sha256Digest.TryParseHex(change.Hash, out hash))
            return "invalid_hash";
        if (change.MimeType is { } type && !IsType(type))
            return "invalid_mime_type";
        if (change.Mode is < 0 or > MostMode)
            return "invalid_mode";
        if (IsUnderFile(change.Path!))
            return "path_conflict";
        file = new ToldFile(
            change.Path!, change.Size.Value, change.Hash is null ? null : hash.ToArray(), change.MimeType ?? TypeOf(change.Path!), time,
            change.Mode);
        return null;
    }

    private string? PathFault(string? path) =>
        RemotePath.Fault(path) is { } fault ? fault : RemotePath.IsWithin(path!, place) ? null : "outside_place";

    /// <summary>Returns whether a file of this batch is a parent of the path, or the path a parent of a file.</summary>
    private bool IsUnderFile(string path)
    {
        var files = _paths.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (files.TryGetValue(path.AsSpan(0, slash), out var file) && file is not null)
                return true;
        }

        return _folders.Contains(path.AsMemory());
    }

    /// <summary>Returns the media type for the name, for a device that reports none.</summary>
    private static string TypeOf(string path) => Types.TryGetContentType(path, out var type) ? type : AnyType;

    private static bool IsType(string text) => text.Length is > 2 and <= LongestType
        && text.Split('/') is [{ Length: > 0 }, { Length: > 0 }]
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '+' or '-' or '_');

    /// <summary>Compares parts of paths, so that the folders of a path need no copies of it.</summary>
    private sealed class ByText : IEqualityComparer<ReadOnlyMemory<char>>
    {
        public static ByText Instance { get; } = new();

        public bool Equals(ReadOnlyMemory<char> x, ReadOnlyMemory<char> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<char> obj) => string.GetHashCode(obj.Span);
    }
}
