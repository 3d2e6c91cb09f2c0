namespace ChunkUpload.Core.Transfers;

/// <summary>How much a storage may list. A storage may belong to anybody, and a listing without an end would fill the ledger.</summary>
/// <param name="Items">The number of items in a transfer.</param>
/// <param name="ItemsOfOwner">The number of items in all transfers of a user, as long as they are kept.</param>
/// <param name="Pages">The number of pages in a folder.</param>
public sealed record ListingLimits(long Items, long ItemsOfOwner, int Pages);

/// <summary>What became of a page of a listing.</summary>
public enum AddedPage
{
    LeaseLost = 1,
    Added,

    /// <summary>The storage named a page that was read before as the next one.</summary>
    Repeats,

    /// <summary>The folder has more pages than a folder may have.</summary>
    Endless,
    TooMany,
    TooManyOfOwner,
}
