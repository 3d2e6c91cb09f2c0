using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Lists;

/// <summary>A list that is answered in pages: its parameters <c>limit</c> and <c>cursor</c>.</summary>
/// <param name="List">Stands in its cursors, so that a cursor of another list or order is refused.</param>
/// <param name="Holds">What its cursors hold.</param>
internal sealed record Pages(string List, int Default, int Most, CursorParts Holds)
{
    /// <summary>A page also ends where it would get too long to send.</summary>
    public bool EndByWeight { get; init; }

    public IReadOnlyList<EndpointDoc.Parameter> Parameters =>
    [
        new("limit", $"1 to {Most}; default {Default}.{(EndByWeight ? " A page also ends after about 4 MiB." : "")}", $"{Default}")
        { IsNumber = true },
        new("cursor", "nextCursor of the previous page.", Cursor.Example(List)),
    ];

    public AskedPage Read(QueryReader reader) => ReadSorted(reader, List, Holds);

    public int Limit(QueryReader reader) => (int)(reader.Number("limit", 1, Most) ?? Default);

    /// <summary>The same for a list with several orders: each has cursors of its own.</summary>
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

/// <summary>Which page a client asks for.</summary>
/// <param name="After">The last item of the page before; null for the first page.</param>
internal readonly record struct AskedPage(string Sort, int Limit, PageKey? After)
{
    /// <summary>How many to look for: one more than fits tells whether there is a next page.</summary>
    public int Sought => Limit + 1;

    public long? Number => After?.Number;

    public Guid? Id => After?.Id.Value;

    /// <summary>The page without what would make it too long to send.</summary>
    public AskedPage Fitting<T>(IReadOnlyList<T> found, Func<T, long> lengthOf) =>
        this with { Limit = PageWeight.Fitting(found, Limit, lengthOf) };

    public ListOf<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, PageKey> keyOf, Func<T, TView> view) =>
        new([.. found.Take(Limit).Select(view)], found.Count > Limit ? Cursor.Write(Sort, keyOf(found[Limit - 1])) : null);

    public ListOf<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, long> numberOf, Func<T, TView> view) =>
        Of(found, item => new PageKey(null, numberOf(item), null, default), view);

    public ListOf<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, Guid> idOf, Func<T, TView> view) =>
        Of(found, item => new PageKey(null, null, null, new UploadId(idOf(item))), view);

    public ListOf<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, string> nameOf, Func<T, TView> view) =>
        Of(found, item => new PageKey(nameOf(item), null, null, default), view);
}
