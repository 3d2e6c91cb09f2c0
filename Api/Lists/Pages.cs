using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Lists;

/// <summary>A list that is answered in pages: its parameters <c>limit</c> and <c>cursor</c>.</summary>
/// <param name="List">The name in its cursors, so that a cursor of another list or order is refused.</param>
/// <param name="Holds">The parts that its cursors contain.</param>
internal sealed record Pages(string List, int Default, int Most, CursorParts Holds)
{
    public IReadOnlyList<EndpointDoc.Parameter> Parameters =>
    [
        new("limit", $"1 to {Most}; default {Default}. A page also ends after 1 MiB.", $"{Default}")
        { IsNumber = true },
        new("cursor", "nextCursor of the previous page.", Cursor.Example(List)),
    ];

    public AskedPage Read(QueryReader reader) => ReadSorted(reader, List, Holds);

    public int Limit(QueryReader reader) => (int)(reader.Number("limit", 1, Most) ?? Default);

    /// <summary>Reads the page of a list with several orders, each of which has separate cursors.</summary>
    public AskedPage ReadSorted(QueryReader reader, string sort, CursorParts holds)
    {
        var limit = Limit(reader);
        if (reader.Text("cursor") is not { Length: > 0 } cursor)
            return new AskedPage(sort, limit, null);
        var after = Cursor.Read(cursor, sort, holds);
        if (after is null)
            reader.RefuseCursor();
        return new AskedPage(sort, limit, after);
    }
}

/// <summary>The page that a client requests.</summary>
/// <param name="After">The last item of the previous page; null for the first page.</param>
internal readonly record struct AskedPage(string Sort, int Limit, PageKey? After)
{
    /// <summary>The number of items to query: one more than the limit, to find out whether there is a next page.</summary>
    public int Sought => Limit + 1;

    public long? Number => After?.Number;

    public Guid? Id => After?.Id.Value;

    /// <summary>Returns the page without the items that would make it too long to send.</summary>
    public AskedPage Fitting<T>(IReadOnlyList<T> found, Func<T, long> lengthOf) =>
        this with { Limit = PageWeight.Fitting(found, Limit, lengthOf) };

    public ListOf<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, PageKey> keyOf, Func<T, TView> view)
    {
        var items = PageWeight.Fitting(found.Take(Limit).Select(view));
        return new(items, found.Count > items.Count ? Cursor.Write(Sort, keyOf(found[items.Count - 1])) : null);
    }

    public ListOf<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, long> numberOf, Func<T, TView> view) =>
        Of(found, item => new PageKey(null, numberOf(item), null, default), view);

    public ListOf<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, Guid> idOf, Func<T, TView> view) =>
        Of(found, item => new PageKey(null, null, null, new UploadId(idOf(item))), view);

    public ListOf<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, string> nameOf, Func<T, TView> view) =>
        Of(found, item => new PageKey(nameOf(item), null, null, default), view);
}
