using ChunkUpload.Api.Lists;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>
/// Selects the natural order of names in a folder. A large folder is sorted by name instead, and a cursor keeps its order.
/// </summary>
internal static class NaturalOrder
{
    public const string Word = "natural";

    /// <summary>A larger folder would be sorted again for each page; by name, a page uses an index.</summary>
    public const int MostSorted = 10_000;

    private const string ByName = "name";

    /// <param name="sort">The requested order; other orders stay unchanged.</param>
    /// <param name="cursor">The cursor of the request, if there is one.</param>
    public static async Task<string> OfAsync(
        ITreeLedger ledger, EntryId folder, string sort, string? cursor, CancellationToken cancellationToken)
    {
        if (sort.TrimStart('-') != Word)
            return sort;
        var byName = sort.Replace(Word, ByName, StringComparison.Ordinal);
        if (cursor is { Length: > 0 })
            return Cursor.Read(cursor, byName, CursorParts.Text) is null ? sort : byName;
        var count = await ledger.CountAsync([folder], MostSorted, cancellationToken);
        return count.GetValueOrDefault(folder)?.More == true ? byName : sort;
    }
}
