using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>The place of an address: a name in a folder, or the root of a space, which has neither.</summary>
internal sealed record DavPlace(EntryId? Parent, string Name)
{
    private static readonly DavPlace Root = new(null, "");

    /// <returns>The place, and whether no entry has it.</returns>
    public static async Task<(DavPlace Place, bool IsFree, UploadFailure? Failure)> FindAsync(
        FileTree tree, DavAddress address, CancellationToken cancellationToken)
    {
        if (address.IsRoot)
            return (Root, false, null);
        var found = await tree.PlaceAsync(address.Space, address.Path, parents: false, cancellationToken);
        return found.Ok
            ? (new DavPlace(found.Value.Place.Parent, found.Value.Place.Name), found.Value.Existing is null, null)
            : (Root, false, found.Failure);
    }

    /// <summary>The place of an entry.</summary>
    public static DavPlace Of(Entry entry) => entry.Parent is { } parent ? new DavPlace(parent, entry.Name) : Root;
}
