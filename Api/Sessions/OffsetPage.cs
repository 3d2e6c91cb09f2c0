using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>
/// A page of items ordered by offset within one session. One extra item is queried to learn whether there is a next page.
/// </summary>
internal readonly record struct OffsetPage(string List, long From, int Limit)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    public static IReadOnlyList<EndpointDoc.Parameter> Parameters { get; } =
    [
        new("limit", $"1 to {MaxLimit}; default {DefaultLimit}.", "100") { IsNumber = true },
        new("cursor", "nextCursor of the previous page.", "eyJzb3J0IjoiY2h1bmtzIn0"),
    ];

    public static OffsetPage Read(QueryReader reader, string list)
    {
        var limit = (int)(reader.Number("limit", 1, MaxLimit) ?? DefaultLimit);
        long from = 0;
        if (reader.Text("cursor") is { Length: > 0 } cursor && !Cursor.TryReadOffset(cursor, list, out from))
            reader.RefuseCursor();
        return new OffsetPage(list, from, limit);
    }

    public ListOf<TView> Answer<TItem, TView>(IReadOnlyList<TItem> items, Func<TItem, ByteRange> rangeOf, Func<TItem, TView> view)
    {
        var more = items.Count > Limit;
        return new ListOf<TView>(
            [.. items.Take(Limit).Select(view)], more ? Cursor.WriteOffset(List, rangeOf(items[Limit - 1]).End) : null);
    }
}
