using ChunkUpload.Core.Intake;

namespace ChunkUpload.Api.Tree;

/// <summary>Reads where a client wants an upload to be published, from the fields of any protocol.</summary>
internal static class WantedPlaceText
{
    /// <summary>Reads the texts as received; returns null without a path, so that the upload stays unfiled.</summary>
    /// <param name="fault">One sentence, or null.</param>
    public static WantedPlace? Read(string? path, string? modified, string? mode, string? conflict, out string? fault)
    {
        fault = null;
        if (path is null)
            return null;
        var names = TreePath.Parse(path, out fault);
        if (names is { Count: 0 } || path.EndsWith('/'))
            fault ??= "The path must end with the name of the file.";
        if (modified is not null && !NanoTime.TryParse(modified, out _))
            fault ??= "The time of the last change must be seconds since 1970 or a time such as 2026-01-30T09:30:00.25Z.";
        if (mode is not null && !FileMode.TryParse(mode, out _))
            fault ??= "The mode must be octal permission bits, such as 0644.";
        if (conflict is not null && TreeQuery.ConflictOf(conflict) is null)
            fault ??= "conflict must be fail, rename or replace.";
        if (fault is not null)
            return null;
        return new WantedPlace(
            names!, NanoTime.TryParse(modified, out var time) ? time : null, mode is not null && FileMode.TryParse(mode, out var bits)
                ? bits
                : null,
            TreeQuery.ConflictOf(conflict) ?? NameConflict.Rename);
    }
}
