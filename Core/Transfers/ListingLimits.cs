namespace ChunkUpload.Core.Transfers;

/// <summary>The limits of listings. A storage is not trusted, and an endless listing would fill the ledger.</summary>
/// <param name="Items">The number of items in a transfer.</param>
/// <param name="ItemsOfOwner">The number of items in all transfers of a user, as long as they are kept.</param>
/// <param name="Pages">The number of pages in a folder.</param>
public sealed record ListingLimits(long Items, long ItemsOfOwner, int Pages);

/// <summary>The outcome of adding a page of a listing.</summary>
public enum AddedPage
{
    LeaseLost = 1,
    Added,

    /// <summary>The storage returned a page as the next one that was already read.</summary>
    Repeats,

    /// <summary>The folder exceeds the maximum number of pages.</summary>
    Endless,
    TooMany,
    TooManyOfOwner,
}
