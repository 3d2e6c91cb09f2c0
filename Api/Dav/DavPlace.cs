using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>The place of an address: a name in a folder, or the root of a space, which has neither.</summary>
internal sealed record DavPlace(EntryId? Parent, string Name)
{
    private static readonly DavPlace Root = new(null, "");

    /// <returns>The place, and the entry that has it. A file is not found if a slash follows its name.</returns>
    public static async Task<(DavPlace Place, Entry? Existing, UploadFailure? Failure)> FindAsync(
        FileTree tree, DavAddress address, CancellationToken cancellationToken)
    {
        if (address.IsRoot)
        {
            var root = await tree.FindAsync(address.Space, [], cancellationToken);
            return (Root, root.Value?.Entry, root.Failure);
        }

        var found = await tree.PlaceAsync(address.Space, address.Path, parents: false, cancellationToken);
        if (!found.Ok)
            return (Root, null, found.Failure);
        var (place, existing) = found.Value;
        return address.Slash && existing is { Kind: not EntryKind.Folder }
            ? (Root, null, TreeRefusals.NoEntry())
            : (new DavPlace(place.Parent, place.Name), existing, null);
    }

    /// <summary>Returns the place of an entry.</summary>
    public static DavPlace Of(Entry entry) => entry.Parent is { } parent ? new DavPlace(parent, entry.Name) : Root;
}
