using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Files;

/// <summary>Reads the filters, the order and the page of lists of sessions and files.</summary>
internal static class UploadQueryReader
{
    private static readonly Pages Pages = new("-createdAt", 50, 200, CursorParts.Id);

    public static IReadOnlyList<EndpointDoc.Parameter> Parameters { get; } =
    [
        new("name", "A part of the file name; the case does not matter.", "holiday"),
        new("createdAfter", "ISO 8601.", "2026-01-01T00:00:00Z"),
        new("createdBefore", "ISO 8601.", "2026-02-01T00:00:00Z"),
        new("minAge", "At least this old: 90s, 15m, 24h, 7d.", "1h"),
        new("maxAge", "At most this old.", "7d"),
        new("sort", "createdAt, name or size; with a minus in front descending. Default: -createdAt.", "-createdAt"),
        .. Pages.Parameters,
    ];

    /// <param name="states">Null if the client may choose them.</param>
    public static UploadQuery Read(QueryReader reader, Caller caller, IReadOnlyList<UploadState>? states, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var after = Later(reader.Time("createdAfter"), now - reader.Age("maxAge"));
        var before = Earlier(reader.Time("createdBefore"), now - reader.Age("minAge"));
        var sort = reader.Text("sort") ?? "-createdAt";
        var order = SortOf(reader, sort.StartsWith('-') ? sort[1..] : sort);
        var page = Pages.ReadSorted(reader, sort, CursorParts.Id | order switch
        {
            UploadSort.CreatedAt => CursorParts.Time,
            UploadSort.Name => CursorParts.Text,
            _ => CursorParts.None,
        });
        return new UploadQuery(caller)
        {
            States = states ?? States(reader),
            NameContains = reader.Text("name") is { Length: > 0 } name ? name : null,
            CreatedAfter = after,
            CreatedBefore = before,
            Sort = order,
            Descending = sort.StartsWith('-'),
            Limit = page.Limit,
            After = page.After,
        };
    }

    /// <summary>Returns the name of the order for the cursor.</summary>
    /// <summary>Returns the page of a list of uploads, which also ends when it gets too long to send.</summary>
    public static ListOf<T> PageOf<T>(UploadQuery query, Page<Upload> page, Func<Upload, T> view)
    {
        var items = PageWeight.Fitting(page.Items.Select(view));
        var next = items.Count < page.Items.Count ? query.KeyOf(page.Items[items.Count - 1]) : page.Next;
        return new ListOf<T>(items, next is null ? null : Cursor.Write(SortText(query), next));
    }

    private static string SortText(UploadQuery query)
    {
        var name = query.Sort switch { UploadSort.Name => "name", UploadSort.Size => "size", _ => "createdAt" };
        return query.Descending ? "-" + name : name;
    }

    private static UploadSort SortOf(QueryReader reader, string name)
    {
        switch (name)
        {
            case "createdAt":
                return UploadSort.CreatedAt;
            case "name":
                return UploadSort.Name;
            case "size":
                return UploadSort.Size;
            default:
                reader.Refuse("sort must be createdAt, name or size, with a minus in front for descending.");
                return UploadSort.CreatedAt;
        }
    }

    private static List<UploadState> States(QueryReader reader)
    {
        var states = new List<UploadState>();
        foreach (var word in reader.Texts("state"))
        {
            if (StateNames.State(word) is { } state)
                states.Add(state);
            else
                reader.Refuse($"state must be one or several of: {StateNames.AllStates}.");
        }

        return [.. states.Distinct()];
    }

    private static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null || b > a ? b ?? a : a;

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;
}
