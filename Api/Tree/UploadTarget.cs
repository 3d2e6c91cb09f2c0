using ChunkUpload.Core.Access;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tree;

/// <summary>Where a client wants an upload to be published, in the words of whichever protocol it speaks.</summary>
/// <param name="Path">The names from the root of the caller's default space.</param>
internal sealed record UploadTarget(IReadOnlyList<string> Path, NanoTime? Modified, int? Mode, NameConflict Conflict)
{
    public string Name => Path[^1];

    /// <summary>The tags of If-Match: the present file must have one of them. Null: any file may be there.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Reads texts as they came. Null without a path: the upload stays unfiled.</summary>
    /// <param name="fault">One sentence, or null.</param>
    public static UploadTarget? Read(string? path, string? modified, string? mode, string? conflict, out string? fault)
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
        return new UploadTarget(
            names!, NanoTime.TryParse(modified, out var time) ? time : null, mode is not null && FileMode.TryParse(mode, out var bits)
                ? bits
                : null,
            TreeQuery.ConflictOf(conflict) ?? NameConflict.Rename);
    }

    /// <summary>Binds the upload that begins to its place. Folders that are missing on the way are made when it is published.</summary>
    /// <param name="atOnce">The bytes come with this request and are few.</param>
    /// <param name="space">Null: the caller's default space.</param>
    public async Task<Result<FileTarget>> BindAsync(
        FileTree tree, Caller caller, bool atOnce, CancellationToken cancellationToken, EntryId? space = null)
    {
        if (space is { } named && await tree.SpaceAsync(caller, named, change: true, cancellationToken) is { Ok: false } refused)
            return refused.Failure;
        var root = space ?? await tree.DefaultSpaceAsync(caller, cancellationToken);
        var bound = await tree.BindUploadAsync(root, Path, Conflict, parents: true, atOnce, cancellationToken);
        return bound.Ok ? bound.Value with { Modified = Modified, Mode = Mode } : bound;
    }
}
