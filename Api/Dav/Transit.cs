using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>The checked request of a COPY or MOVE: the entry, its new place, and the entry that is already there.</summary>
internal sealed record Transit(PlacedEntry Source, DavAddress To, Place Place, Entry? Existing, bool Overwrite)
{
    public bool IsFolder => Source.Entry.Kind == EntryKind.Folder;

    public bool IsOntoFolder => Existing is { Kind: EntryKind.Folder };

    public bool IsOtherSpace => To.Space != Source.Entry.Space;

    /// <param name="changesSource">Whether the request changes the folder of the source as well.</param>
    /// <param name="alone">Whether a folder is copied without its contents, so that it may also be copied into itself.</param>
    public static async Task<(Transit? Transit, IResult? Refusal)> ReadAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, DavGuards guards, bool changesSource, bool alone = false)
    {
        var (headers, fault) = EntryHeaders.Read(context.Request.Headers, allConditions: true);
        if (headers is null)
            return (null, fault);
        if (DavHeaders.ReadOverwrite(context.Request, out var overwrite) is { } wrong)
            return (null, wrong);
        var (from, unknown) = await DavAddress.ReadAsync(context, spaces, changesSource);
        if (from is null)
            return (null, unknown);
        var (to, refused) = await DavDestination.ReadAsync(context, spaces);
        if (to is null)
            return (null, refused);
        if (from.Name is null || (from.IsRoot && changesSource) || to.IsRoot)
            return (null, DavRefusals.Root());
        var found = await from.FindAsync(tree, context.RequestAborted);
        if (!found.Ok)
            return (null, DavRefusals.Of(context, found.Failure));
        var source = found.Value;
        if (headers.Refuse(source.Entry) is { } unmet)
            return (null, unmet);
        var placed = await tree.PlaceAsync(to.Space, to.Path, parents: false, context.RequestAborted);
        if (!placed.Ok)
            return (null, DavRefusals.Of(context, placed.Failure));
        var (place, existing) = placed.Value;
        if (existing?.Id == source.Entry.Id)
        {
            return (null, DavRefusals.Of(
                context, new UploadFailure(UploadError.IntoItself, "Source and destination are the same.") { Status = 403 }));
        }

        var into = !alone && IsAbove(source.Path, to.Path);
        if (to.Space == source.Entry.Space && (into || (existing is not null && IsAbove(to.Path, source.Path))))
            return (null, DavRefusals.Of(context, TreeRefusals.Of("into_itself")));
        if (existing is not null && !overwrite)
            return (null, DavRefusals.Of(context, TreeRefusals.Of("name_taken")));
        var (guard, malformed) = await guards.ReadAsync(context, from);
        if (guard is null)
            return (null, malformed);
        var transit = new Transit(source, to, place with { Guard = guard }, existing, overwrite);
        return transit.IsOntoFolder && !context.Caller().Scopes.HasFlag(Scopes.Delete)
            ? (null, Refusal.Of(RequestError.NotPermitted, "Your key may not delete, so it may not replace a folder."))
            : (transit, null);
    }

    /// <summary>The address of the source's space.</summary>
    public DavAddress Address => To with { Path = Source.Path };

    /// <param name="replaced">Whether an entry was replaced, which others may have created after the check.</param>
    public static IResult Done(bool replaced) =>
        TypedResults.StatusCode(replaced ? StatusCodes.Status204NoContent : StatusCodes.Status201Created);

    private static bool IsAbove(IReadOnlyList<string> folder, IReadOnlyList<string> path) =>
        path.Count > folder.Count && folder.SequenceEqual(path.Take(folder.Count));
}
